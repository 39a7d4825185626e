import { clusterStatusText } from './cluster-status-text.ts'
import { onApp, workCommand } from './work-command.ts'

/** The processes on the database, directly from it: also when none of them responds. */
export const clusterStatus = workCommand({
  usage: 'cluster status',
  summary: 'list the processes on the database, what each does, and what waits',
  examples: ['belfry cluster status --database postgres://belfry@db/belfry'],
  exitCodes: { done: 'each role has a live process', failed: 'no live process has one of the roles' },
  work: onApp(async (app) => {
    const status = await app.clusterStatus()
    return { text: clusterStatusText(status), json: status, code: status.missing_roles.length === 0 ? 0 : 1 }
  }),
})
