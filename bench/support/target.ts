import type { Target, Unit } from '../benchmark.ts'
import { figure, percent } from './table.ts'

type Limit = { value: number; limit: number; unit: Unit; detail?: string | undefined }

/** A target that is met up to the limit. `wanted` says so in words, and is the name of the target in the baselines. */
export const atMost = (wanted: string, { value, limit, unit, detail }: Limit): Target => ({
  wanted,
  value,
  unit,
  better: 'less',
  isMet: value <= limit,
  detail,
})

/** A target that is met from the limit on. */
export const atLeast = (wanted: string, { value, limit, unit, detail }: Limit): Target => ({
  wanted,
  value,
  unit,
  better: 'more',
  isMet: value >= limit,
  detail,
})

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
