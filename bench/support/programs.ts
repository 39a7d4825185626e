import { join } from 'node:path'
import type { BenchOptions } from '../benchmark.ts'
import { launch, type Program } from './processes.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const program = (name: string) => join(import.meta.dirname, name)

/** Starts Belfry in a separate process on a free loopback port. Settings that are not given here have their defaults. */
export function launchBelfry(
  data: string,
  { cpuProfiles }: BenchOptions,
  env: NodeJS.ProcessEnv = {},
): Promise<Program> {
  const profiling = cpuProfiles === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', cpuProfiles]
  const flags = ['--listen', '127.0.0.1:0', '--data', data, '--open-registration']
  const more = ['--allow-push-to', '127.0.0.0/8', '--log-level', 'error']
  return launch([...profiling, join(ROOT, 'bin', 'belfry'), 'serve', ...flags, ...more], {
    ...env,
    BELFRY_RATE_LIMITS_ENABLED: 'false',
  })
}

/** @param gateway the URL to which the relay forwards */
export function launchRelay(gateway: string): Promise<Program> {
  return launch([program('../floor-relay.ts'), gateway])
}

export function launchLongPollFloor(): Promise<Program> {
  return launch([program('../floor-long-poll.ts')])
}

export function launchReceiver(): Promise<Program> {
  return launch([program('receiver-process.ts')])
}
