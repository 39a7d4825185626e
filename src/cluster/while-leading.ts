import type { Log } from '../lib/log.ts'
import { disposeTogether } from '../lib/dispose.ts'
import type { ClusterMember, ClusterTask } from './membership.ts'

/** Runs the parts that `start` starts while this process has the task, and stops them when another process gets it. */
export function whileLeading(
  { membership, log }: { membership: ClusterMember; log: Log },
  task: ClusterTask,
  start: () => AsyncDisposable[],
): AsyncDisposable {
  let running: AsyncDisposable[] = []
  let last: Promise<void> = Promise.resolve()
  let isEnded = false
  const follow = () => {
    const wanted = membership.has(task) && !isEnded
    if (wanted === running.length > 0) return last
    const parts = wanted ? start() : running
    running = wanted ? parts : []
    if (!membership.isOnly)
      log.info({ task }, wanted ? 'this process has a task' : 'this process has given up a task')
    if (!wanted)
      last = last
        .then(() => disposeTogether(parts))
        .catch((error: unknown) => log.error({ err: error, task }, 'stopping a task failed'))
    return last
  }
  const unsubscribe = membership.onChange(() => void follow())
  void follow()
  return {
    async [Symbol.asyncDispose]() {
      unsubscribe()
      isEnded = true
      await follow()
    },
  }
}
