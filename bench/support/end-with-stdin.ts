/** Ends this process when the one that started it is gone, however that ended. */
export function endWithStdin(): void {
  process.stdin.resume().once('end', () => process.exit())
}
