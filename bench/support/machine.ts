import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { monotonicMs } from './monotonic.ts'
import { temporaryFolder } from './processes.ts'
import { figure } from './table.ts'

/** What the figures of a run depend on. */
export type Machine = { cores: number; load: number; syncsPerSecond: number; node: string }

export function lookAtMachine(): Machine {
  using folder = temporaryFolder()
  return {
    cores: availableParallelism(),
    load: loadavg()[0] ?? Number.NaN,
    syncsPerSecond: Math.round(syncsPerSecond(folder.path, 500)),
    node: process.version,
  }
}

export function describeMachine({ cores, load, syncsPerSecond: syncs, node }: Machine): string {
  const line = `Node ${node}, ${cores} cores, load ${figure(load, 1)}, ${figure(syncs)} durable 4 KiB writes/s`
  // Servers, load generator and gateway want the cores for themselves.
  return load < cores / 2
    ? line
    : `${line}\nSomething else is running here: these figures are lower than they should be.`
}

/** How often a second the disk alone makes 4 KiB durable: what one sender who waits for each commit can hope for. */
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
