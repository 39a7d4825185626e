import type { Log } from '../lib/log.ts'
import { type BusMessage, createLocalBus, type Topic } from './bus.ts'
import type { ServerBus } from './shared-bus.ts'

/**
 * The bus of a command that works beside running servers. It connects at the end of the command, and only if
 * there is news: most commands have none. A connection that fails does not fail the command, because its
 * changes are in the database.
 */
export function createCommandBus(openWith: (log: Log) => Promise<ServerBus>, log: Log): ServerBus {
  const local = createLocalBus()
  const news: [Topic, BusMessage | undefined][] = []
  return {
    ...local,
    publish(topic, message) {
      local.publish(topic, message)
      news.push([topic, message])
    },
    start: () => Promise.resolve(),
    health: () => ({ kind: 'local', connected: true, peers: 0 }),
    async [Symbol.asyncDispose]() {
      if (news.length === 0) return
      try {
        // Only what went wrong is of interest in the output of a command.
        const quiet = log.isLevelEnabled('warn') ? log.child({}, { level: 'warn' }) : log
        await using bus = await openWith(quiet)
        await bus.start()
        for (const [topic, message] of news) bus.publish(topic, message)
      } catch (error) {
        log.warn(
          { err: error },
          'running servers could not be told at once: waiting requests end with their timeout',
        )
      }
    },
  }
}
