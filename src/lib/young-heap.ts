import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/** The size in bytes at which the young generation stops growing. It can double once more before that is noticed. */
export const ENOUGH_YOUNG_BYTES = 8 * 1024 * 1024

/** The size of the young generation of the heap, with its unused part, in bytes. */
export function youngBytes(): number {
  return getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')?.space_size ?? 0
}

/**
 * Bounds the young generation of the heap, which otherwise grows to 64 MiB under load and never shrinks. V8
 * ignores `--max-semi-space-size` after the start of the process, but it reads the growth factor at each
 * collection.
 */
export function boundYoungHeap(): void {
  const adjust = () =>
    setFlagsFromString(`--semi-space-growth-factor=${youngBytes() < ENOUGH_YOUNG_BYTES ? 2 : 1}`)
  adjust()
  new PerformanceObserver(adjust).observe({ entryTypes: ['gc'] })
}
