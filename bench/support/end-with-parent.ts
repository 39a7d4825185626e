/** Ends this process when its parent process ends for any reason. `bin/belfry` does this too. */
export function endWithParent(): void {
  process.once('disconnect', () => process.exit())
}
