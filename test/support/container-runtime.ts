import { spawnSync } from 'node:child_process'

export type ContainerRuntime = { name: 'docker' | 'podman'; skip: string | false }

let found: ContainerRuntime | undefined

/** Docker or Podman, whichever works on this machine. */
export function containerRuntime(): ContainerRuntime {
  found ??= look()
  return found
}

function look(): ContainerRuntime {
  for (const name of ['docker', 'podman'] as const)
    if (spawnSync(name, ['info'], { timeout: 10_000 }).status === 0) return { name, skip: false }
  return { name: 'docker', skip: 'no container runtime is running (Docker or Podman)' }
}
