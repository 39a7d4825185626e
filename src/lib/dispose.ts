/**
 * Disposes parts at the same time, and waits for all of them. @throws the error of the first part in the list
 * that failed
 */
export async function disposeTogether(parts: readonly AsyncDisposable[]): Promise<void> {
  const results = await Promise.allSettled(parts.map((part) => part[Symbol.asyncDispose]()))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
