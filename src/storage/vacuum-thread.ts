import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

// The thread of `copySqlite`: the statement blocks its thread until the copy is complete. It imports nothing of ours.

const { from, to } = workerData as { from: string; to: string }
const connection = new DatabaseSync(from, { readOnly: true })
try {
  connection.exec('pragma busy_timeout = 10000')
  connection.prepare('vacuum into ?').run(to)
} finally {
  connection.close()
}
parentPort?.postMessage('done')
