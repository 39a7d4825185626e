/** Ends this process when the one that started it is gone, however that ended. `bin/belfry` does so by itself. */
export function endWithParent(): void {
  process.once('disconnect', () => process.exit())
}
