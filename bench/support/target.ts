import type { Target, Unit } from '../benchmark.ts'
import { figure, percent } from './table.ts'

type Limit = { value: number; limit: number; unit: Unit; detail?: string | undefined }

/** A target that is met up to the limit. `wanted` says so in words, and is the name of the target in the baselines. */
export const atMost = (wanted: string, of: Limit): Target => targetOf(wanted, 'less', of)

/** A target that is met from the limit on. */
export const atLeast = (wanted: string, of: Limit): Target => targetOf(wanted, 'more', of)

function targetOf(wanted: string, better: Target['better'], of: Limit): Target {
  const { value, limit, unit, detail } = of
  return { wanted, value, unit, better, limit, isMet: isWithin({ better, limit }, value), detail }
}

/** Whether the value meets the target; a value that could not be measured does not. */
export const isWithin = ({ better, limit }: Pick<Target, 'better' | 'limit'>, value: number): boolean =>
  better === 'less' ? value <= limit : value >= limit

const SHOWN: Record<Unit, (value: number) => string> = {
  times: (value) => `${figure(value, 2)} times`,
  share: (value) => percent(value, 2),
  MiB: (value) => `${figure(value, 1)} MiB`,
  KiB: (value) => `${figure(value, 2)} KiB`,
  MB: (value) => `${figure(value, 1)} MB`,
  ms: (value) => `${figure(value, 2)} ms`,
  µs: (value) => `${figure(value, 1)} µs`,
  ns: (value) => `${figure(value)} ns`,
  count: (value) => figure(value),
}

export const shown = (unit: Unit, value: number): string => SHOWN[unit](value)
