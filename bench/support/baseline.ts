import type { Target, Unit } from '../benchmark.ts'
import { median } from './stats.ts'

// The figures of an earlier tree, to compare with. Ratios are compared on every machine, times only with
// those of the same class of machine.

/** What the times of a benchmark depend on. */
export type MachineClass = { cores: number; processor: string }

/** `limit`: that of the commit of the baseline. */
export type BaselineTarget = Pick<Target, 'unit' | 'better' | 'limit'> & { values: readonly number[] }

/**
 * `targets`: by their `wanted`, with one value for each run. `load`: before the first run. `figures`: of the
 * last run.
 */
export type Baseline = {
  commit: string
  date: string
  machine: MachineClass & { node: string; load: number }
  runs: number
  targets: Readonly<Record<string, BaselineTarget>>
  figures: Readonly<Record<string, unknown>>
}

/**
 * `new`: the baseline does not have it. `absent`: this run does not have it, because a program is missing.
 * `other machine`: its times say nothing here.
 */
export type Verdict = 'worse' | 'better' | 'same' | 'new' | 'absent' | 'other machine'

/** `now`, `was`: medians. `low`, `high`: the range of the baseline. NaN: there is none. */
export type Comparison = {
  wanted: string
  unit: Unit
  verdict: Verdict
  now: number
  was: number
  low: number
  high: number
}

const RATIOS: ReadonlySet<Unit> = new Set(['times', 'share', 'MiB', 'KiB', 'MB', 'count'])

/**
 * A smaller change than this share of the median is noise, even if the runs of the baseline had equal figures
 * by chance.
 */
const NOISE = 0.1
/** The same for small values, whose last digits vary. */
const LEAST: Record<Unit, number> = {
  times: 0.02,
  share: 0.02,
  MiB: 2,
  KiB: 0.5,
  MB: 0.5,
  ms: 0.05,
  µs: 0.5,
  ns: 5,
  count: 0,
}

/** The values of each target in several runs of one benchmark. A value that could not be measured is left out. */
export function targetsOfRuns(runs: readonly (readonly Target[])[]): Record<string, BaselineTarget> {
  const targets: Record<string, BaselineTarget & { values: number[] }> = {}
  for (const { wanted, unit, better, limit, value } of runs.flat())
    if (Number.isFinite(value)) (targets[wanted] ??= { unit, better, limit, values: [] }).values.push(value)
  return targets
}

/** Compares the runs of now with a baseline, target by target. */
export function compareWith(
  baseline: Pick<Baseline, 'machine' | 'targets'>,
  runs: readonly (readonly Target[])[],
  machine: MachineClass,
): Comparison[] {
  const isSameMachine =
    baseline.machine.cores === machine.cores && baseline.machine.processor === machine.processor
  const now = targetsOfRuns(runs)
  const names = new Set([...Object.keys(baseline.targets), ...Object.keys(now)])
  return [...names].map((wanted) => {
    const [then, found] = [baseline.targets[wanted], now[wanted]]
    const { unit } = (found ?? then) as BaselineTarget
    const was = then?.values ?? []
    const figures = {
      wanted,
      unit,
      now: median(found?.values ?? []),
      was: median(was),
      low: was.length === 0 ? Number.NaN : Math.min(...was),
      high: was.length === 0 ? Number.NaN : Math.max(...was),
    }
    if (then === undefined) return { ...figures, verdict: 'new' as const }
    if (found === undefined) return { ...figures, verdict: 'absent' as const }
    if (!isSameMachine && !RATIOS.has(unit)) return { ...figures, verdict: 'other machine' as const }
    return { ...figures, verdict: judge(figures, then.better) }
  })
}

/** Beyond the range of the baseline by more than its noise: the width of the range, or a tenth of the median. */
function judge(
  { now, was, low, high, unit }: Omit<Comparison, 'verdict' | 'wanted'>,
  better: Target['better'],
): Verdict {
  const noise = Math.max(high - low, Math.abs(was) * NOISE, LEAST[unit])
  const isAbove = now > high + noise
  const isBelow = now < low - noise
  if (!isAbove && !isBelow) return 'same'
  return isAbove === (better === 'less') ? 'worse' : 'better'
}
