import { ROLES } from '../config/roles.ts'
import type { Metrics } from '../lib/metrics.ts'
import type { ClusterMember, ClusterTask } from './membership.ts'

/** Metrics of the processes on the database, as this one saw them at its last heartbeat. */
export function watchCluster(
  metrics: Metrics,
  membership: Pick<ClusterMember, 'live' | 'has' | 'silentFor'>,
  tasks: readonly ClusterTask[],
): void {
  const processes = metrics.gauge('belfry_cluster_processes', 'Live processes with a role', ['role'])
  const leading = metrics.gauge(
    'belfry_cluster_task',
    'Whether this process has a task that one process does at a time (1) or not (0)',
    ['task'],
  )
  const silent = metrics.gauge(
    'belfry_cluster_heartbeat_age_seconds',
    'Time since the last heartbeat of this process; after 10 s the others take over its work',
  )
  const collect = () => {
    const live = membership.live()
    for (const role of ROLES) processes.set({ role }, live.filter(({ roles }) => roles.includes(role)).length)
    for (const task of tasks) leading.set({ task }, membership.has(task) ? 1 : 0)
    silent.set(membership.silentFor() / 1000)
  }
  // The first one that is rendered.
  Object.assign(processes, { collect })
}
