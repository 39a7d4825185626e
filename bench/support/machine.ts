import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { monotonicMs } from './monotonic.ts'
import { temporaryFolder } from './processes.ts'
import { figure } from './table.ts'

/** Properties of the machine that influence the figures. */
export type Machine = { cores: number; processor: string; load: number; syncsPerSecond: number; node: string }

export function inspectMachine(): Machine {
  using folder = temporaryFolder()
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    load: loadavg()[0] ?? Number.NaN,
    syncsPerSecond: Math.round(syncsPerSecond(folder.path, 500)),
    node: process.version,
  }
}

export function describeMachine({ cores, load, syncsPerSecond: syncs, node }: Machine): string {
  const line = `Node ${node}, ${cores} cores, load ${figure(load, 1)}, ${figure(syncs)} durable 4 KiB writes/s`
  // Server, load generator and gateway need the cores.
  return load < cores / 2
    ? line
    : `${line}\nOther programs are running on this machine: the figures are lower than on an idle machine.`
}

/** CPU time of all programs on this machine since its start, in milliseconds of one core. */
export const machineCpuMs = (): number =>
  cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0)

/**
 * The number of durable 4 KiB writes per second of the disk alone: the limit for one sender that waits for
 * each commit.
 */
export function syncsPerSecond(folder: string, ms: number): number {
  const page = Buffer.alloc(4096, 1)
  const file = openSync(join(folder, 'bare'), 'w')
  const started = monotonicMs()
  let count = 0
  for (; monotonicMs() < started + ms; count++) {
    writeSync(file, page)
    fdatasyncSync(file)
  }
  const tookMs = monotonicMs() - started
  closeSync(file)
  return (count * 1000) / tookMs
}
