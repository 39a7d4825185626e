import { StatementSync } from 'node:sqlite'
import { median } from './stats.ts'

// Loaded with `--import` into a server of a benchmark: measures each SQLite statement of the main thread.
// Replies to each message of the parent process with the statements since the last one (`StatementTime[]`).

/** `micros`: the median. Unlike the sum, it does not contain the time in which other programs used the core. */
export type StatementTime = { sql: string; count: number; micros: number }

const times = new Map<string, number[]>()

type Call = (this: StatementSync, ...params: never[]) => unknown

function metered(call: Call): Call {
  return function (this: StatementSync, ...params) {
    const startedAt = performance.now()
    try {
      return call.apply(this, params)
    } finally {
      const micros = (performance.now() - startedAt) * 1000
      const sql = this.sourceSQL
      const known = times.get(sql)
      if (known === undefined) times.set(sql, [micros])
      else known.push(micros)
    }
  }
}

for (const name of ['all', 'get', 'run'] as const) {
  const call = StatementSync.prototype[name] as Call
  Object.defineProperty(StatementSync.prototype, name, { value: metered(call) })
}

process.on('message', () => {
  const found: StatementTime[] = [...times].map(([sql, micros]) => ({
    sql,
    count: micros.length,
    micros: median(micros),
  }))
  times.clear()
  process.send?.(found)
})
// The listener must not keep a server alive that shuts down.
process.channel?.unref()
