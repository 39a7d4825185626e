import { setTimeout } from 'node:timers/promises'
import type { ThumbnailJob } from '../../src/media/thumbnail-job.ts'

// A worker that never answers a job with width 1, dies at a job with width 2, and answers others with its
// process id and environment.
process.on('message', (job: ThumbnailJob) => {
  if (job.width === 1) return void setTimeout(1_000_000)
  if (job.width === 2) process.exit(1)
  const image = Buffer.from(JSON.stringify({ pid: process.pid, env: Object.keys(process.env) }))
  process.send?.({ kind: 'made', image, contentType: 'image/png' })
})
process.on('disconnect', () => process.exit())
process.send?.({ kind: 'ready' })
