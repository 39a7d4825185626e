import type { ReceivedPoke, RunRecord } from './run-record.ts'
import type { Repeat } from './repeated-pokes.ts'

/** Signals so long before the first delivery are named: a stopped process may continue after this time. */
const SIGNALS_MS = 20_000

type Signals = Pick<RunRecord, 'deaths' | 'resumptions' | 'failedWrites'>

/** The signals and failed writes of a run. */
export function signalLines({
  deaths = [],
  resumptions = [],
  failedWrites = [],
}: Signals): { at: number; text: string }[] {
  return [
    ...deaths.flatMap(({ from, to, name, process }) => {
      const of = `${name ?? 'killed'}, process ${process ?? 'unknown'}`
      return [
        { at: from, text: `signal: ${of}` },
        { at: to, text: `gone or stopped: ${of}` },
      ]
    }),
    ...resumptions.map(({ at, process }) => ({ at, text: `continued: process ${process}` })),
    ...failedWrites.map(({ at, process }) => ({
      at,
      text: `the database refused a write of process ${process}`,
    })),
  ]
}

/**
 * The pokes of a pusher from a poke to its repeat, and the signals and failed writes of that time, one in a
 * line. Times are milliseconds since the poke.
 */
export function describeRepeat(
  { before, poke }: Repeat,
  pokes: readonly ReceivedPoke[],
  { stored, ...signals }: Pick<RunRecord, 'stored'> & Signals,
): string[] {
  const byId = new Map(stored.map((one) => [one.eventId, one]))
  const since = before.at - SIGNALS_MS
  const lines = [
    ...pokes.slice(pokes.indexOf(before), pokes.indexOf(poke) + 1).map((one) => ({
      at: one.at,
      text: `process ${one.process ?? 'unknown'} sends ${one.eventId ?? 'the badge'}, position ${byId.get(one.eventId ?? '')?.position ?? 'unknown'}, room ${one.roomId ?? 'none'}, ${one.kills} kills`,
    })),
    ...signalLines(signals),
  ]
  return lines
    .filter(({ at }) => at >= since && at <= poke.at)
    .toSorted((one, other) => one.at - other.at)
    .map(({ at, text }) => `${poke.pushkey} ${String(at - before.at).padStart(7)} ms  ${text}`)
}
