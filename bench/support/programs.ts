import { join } from 'node:path'
import type { BenchOptions } from '../benchmark.ts'
import { launch, type Program } from './processes.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const program = (name: string) => join(import.meta.dirname, name)

/**
 * Starts Belfry in a separate process on a free loopback port, without rate limits and without presence,
 * which has its own benchmark and would wake the syncs that others measure. Settings that are not given here
 * have their defaults.
 */
export function launchBelfry(
  data: string,
  { cpuProfiles }: BenchOptions,
  env: NodeJS.ProcessEnv = {},
): Promise<Program> {
  return serve(data, cpuProfiles === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', cpuProfiles], env)
}

/** The same with the meter of the time in SQLite (`sqlite-meter.ts`): `ask` resolves to `SqliteTime`. */
export function launchMeteredBelfry(data: string): Promise<Program> {
  return serve(data, ['--import', program('sqlite-meter.ts')])
}

// The young generation of V8 grows and shrinks by up to 16 MiB, however many users wait.
const HEAP_METER = [
  '--expose-gc',
  '--min-semi-space-size=8',
  '--max-semi-space-size=8',
  '--import',
  program('heap-meter.ts'),
]

/**
 * The same with a young generation of fixed size and the meter of live objects (`heap-meter.ts`): `ask`
 * collects garbage and resolves to their bytes.
 */
export function launchHeapMeteredBelfry(data: string): Promise<Program> {
  return serve(data, HEAP_METER)
}

export function launchHeapMeteredFloor(): Promise<Program> {
  return launch([...HEAP_METER, program('../floor-long-poll.ts')])
}

function serve(data: string, nodeFlags: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Program> {
  const flags = ['--listen', '127.0.0.1:0', '--data', data, '--open-registration']
  const more = ['--allow-push-to', '127.0.0.0/8', '--log-level', 'error']
  return launch([...nodeFlags, join(ROOT, 'bin', 'belfry'), 'serve', ...flags, ...more], {
    BELFRY_PRESENCE_ENABLED: 'false',
    ...env,
    BELFRY_RATE_LIMITS_ENABLED: 'false',
  })
}

/**
 * `pokes`: the number of pokes that the relay sends for each message; `connections`: at most as many of them
 * at the same time.
 */
export type RelayFanOut = { pokes: number; connections: number }

/** @param gateway the URL to which the relay forwards; by default one poke for each message, on 32 connections */
export function launchRelay(gateway: string, fanOut?: RelayFanOut): Promise<Program> {
  const more = fanOut === undefined ? [] : [fanOut.pokes, fanOut.connections]
  return launch([program('../floor-relay.ts'), gateway, ...more.map(String)])
}

export function launchLongPollFloor(): Promise<Program> {
  return launch([program('../floor-long-poll.ts')])
}

/** @param folder of the files; `isSynced`: each file is on the disk before the response */
export function launchMediaFloor(folder: string, isSynced: boolean): Promise<Program> {
  return launch([program('../floor-media.ts'), folder, ...(isSynced ? ['synced'] : [])])
}

export function launchReceiver(): Promise<Program> {
  return launch([program('receiver-process.ts')])
}
