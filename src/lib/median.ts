/** The median of numbers, rounded to an integer; null without numbers. */
export function median(numbers: readonly number[]): number | null {
  const sorted = numbers.toSorted((left, right) => left - right)
  const half = Math.floor(sorted.length / 2)
  const [low, high] = [sorted[sorted.length % 2 === 0 ? half - 1 : half], sorted[half]]
  return low === undefined || high === undefined ? null : Math.round((low + high) / 2)
}
