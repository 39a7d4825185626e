import { StorageError } from '../../storage/database.ts'
import type { Clock } from '../../lib/clock.ts'
import { MatrixError } from '../../lib/errors.ts'
import { LostBlobError, storeUnavailable } from '../blob-fault.ts'
import type { BlobKey, BlobRange, Blobs, BlobWriter } from '../blobs.ts'
import { createS3Client, type S3Client, type S3Options } from './client.ts'
import { createPartBuffers, type PartBuffers } from './part-buffers.ts'
import { RANGE_BYTES } from './range-bytes.ts'
import { asXml, elements } from './xml.ts'

/**
 * The smallest size of a part but the last (Amazon S3 User Guide, "multipart upload limits"). An upload holds
 * one part in memory.
 */
const PART_BYTES = 5_242_880
/** A smaller part takes no buffer: the limit of request bodies (`limits.body_bytes_in_flight`) counts this memory. */
const SMALL_BYTES = 131_072
/** While others wait for a buffer, a client must send a part within this time (9 kB/s). */
const PART_MS = 600_000
const PIECE_BYTES = 65_536

/** `uploadBuffers`: the most uploads that hold a part in memory; others wait. */
export type S3BlobsOptions = S3Options & { uploadBuffers: number }

/**
 * Stores each blob as an object of an S3-compatible service: a small one with one request, a larger one in
 * parts that become an object when it is kept. The service makes objects durable and atomic.
 */
export function createS3Blobs(options: S3BlobsOptions): Blobs {
  const client = createS3Client(options)
  const writing = { client, buffers: createPartBuffers(options.uploadBuffers), clock: options.clock }
  return {
    place: `${options.endpoint}/${options.bucket}/${options.prefix}`,
    readMemory: RANGE_BYTES,
    begin: async (key) => writerOf(writing, key),
    size: (key) => sizeOf(client, key),
    read: (key, range) => readObject(client, key, range),
    list: () => listObjects(client, options.prefix),
    async remove(key) {
      await abortUploads(client, key, options.prefix + key)
      await client.send({ method: 'DELETE', key, accepted: [200, 204, 404] })
    },
    async check() {
      try {
        await client.send({ method: 'HEAD', accepted: [200] })
      } catch (error) {
        const { cause } = error as Error
        const reason = cause instanceof Error ? cause.message : String(error)
        throw new StorageError(
          `the bucket ${options.bucket} of media.s3_endpoint cannot be used: ${reason}`,
          {
            cause: error,
          },
        )
      }
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  }
}

async function sizeOf(client: S3Client, key: BlobKey): Promise<number | undefined> {
  const { status, headers } = await client.send({ method: 'HEAD', key, accepted: [200, 404] })
  if (status === 200) return Number(headers['content-length'])
  // The response to HEAD does not tell whether the object or the bucket is missing.
  await client.send({ method: 'HEAD', accepted: [200] })
  return undefined
}

/**
 * Reads a range after the other, so that a client that reads slowly holds `RANGE_BYTES` of memory and no
 * connection.
 */
async function* readObject(
  client: S3Client,
  key: BlobKey,
  { start, end }: BlobRange,
): AsyncGenerator<Uint8Array> {
  for (let from = start; from < end; from += RANGE_BYTES) {
    const headers = { range: `bytes=${from}-${Math.min(from + RANGE_BYTES, end) - 1}` }
    const accepted = [206, 404]
    const { status, body } = await client.send({ method: 'GET', key, headers, accepted, forClient: true })
    if (status === 404) throw new LostBlobError()
    // In pieces, because a client must read each one within `limits.read_timeout_ms`.
    for (let at = 0; at < body.byteLength; at += PIECE_BYTES) yield body.subarray(at, at + PIECE_BYTES)
  }
}

async function* listObjects(client: S3Client, prefix: string): AsyncGenerator<BlobKey> {
  for (let token: string | undefined; ;) {
    const query = { 'list-type': '2', prefix, ...(token !== undefined && { 'continuation-token': token }) }
    const text = await client.text({ method: 'GET', query, accepted: [200] })
    for (const key of elements(text, 'Key')) yield key.slice(prefix.length)
    token = elements(text, 'NextContinuationToken')[0]
    if (token === undefined) return
  }
}

type Writing = { client: S3Client; buffers: PartBuffers; clock: Clock }

/**
 * States: buffering → (a part is full) uploading parts → kept or dropped. Beyond `SMALL_BYTES` the buffer
 * counts as one of `buffers`.
 */
function writerOf({ client, buffers, clock }: Writing, key: BlobKey): BlobWriter {
  let chunks: Uint8Array[] = []
  let buffered = 0
  let size = 0
  let uploadId: string | undefined
  let held: { giveBack: () => void; since: number } | undefined
  const parts: string[] = []
  const release = () => {
    chunks = []
    buffered = 0
    held?.giveBack()
    held = undefined
  }
  const uploadPart = async () => {
    uploadId ??= await startUpload(client, key)
    const query = { partNumber: String(parts.length + 1), uploadId }
    const { headers } = await client.send({ method: 'PUT', key, query, body: chunks, accepted: [200] })
    parts.push(String(headers['etag']))
    release()
  }
  return {
    async write(chunk) {
      chunks.push(chunk)
      buffered += chunk.byteLength
      size += chunk.byteLength
      if (buffered > SMALL_BYTES) held ??= { giveBack: await buffers.take(), since: clock.now() }
      if (held !== undefined && buffers.areWanted && clock.now() - held.since > PART_MS) throw tooSlow()
      if (buffered >= PART_BYTES) await uploadPart()
    },
    async keep() {
      if (uploadId === undefined) await client.send({ method: 'PUT', key, body: chunks, accepted: [200] })
      else {
        if (buffered > 0) await uploadPart()
        await completeUpload(client, key, { uploadId, parts, size })
      }
      release()
    },
    async drop() {
      release()
      if (uploadId !== undefined) await abortUpload(client, key, uploadId)
      await client.send({ method: 'DELETE', key, accepted: [200, 204, 404] })
    },
  }
}

const tooSlow = () =>
  new MatrixError(408, 'M_UNKNOWN', 'The upload is too slow while many others wait. Try again later')

async function startUpload(client: S3Client, key: BlobKey): Promise<string> {
  const text = await client.text({ method: 'POST', key, query: { uploads: '' }, accepted: [200] })
  const [id] = elements(text, 'UploadId')
  if (id === undefined) throw storeUnavailable(new Error('the response has no UploadId'))
  return id
}

type Complete = { uploadId: string; parts: readonly string[]; size: number }

async function completeUpload(client: S3Client, key: BlobKey, complete: Complete): Promise<void> {
  try {
    await joinParts(client, key, complete)
  } catch (error) {
    // If a response was lost, the repeated request fails, because the upload has ended. The key is new, so
    // that an object under it has these parts.
    const size = await sizeOf(client, key).catch(() => undefined)
    if (size !== complete.size) throw error
  }
}

async function joinParts(client: S3Client, key: BlobKey, { uploadId, parts }: Complete): Promise<void> {
  const list = parts.map(
    (etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${asXml(etag)}</ETag></Part>`,
  )
  const body = [Buffer.from(`<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`)]
  const text = await client.text({ method: 'POST', key, query: { uploadId }, body, accepted: [200] })
  // The status is sent before the parts are joined, so a 200 may contain an error.
  if (text.includes('<Error>'))
    throw storeUnavailable(new Error(`complete: ${elements(text, 'Code')[0] ?? ''}`))
}

async function abortUpload(client: S3Client, key: BlobKey, uploadId: string): Promise<void> {
  await client.send({ method: 'DELETE', key, query: { uploadId }, accepted: [200, 204, 404] })
}

/** Ends the uploads of a key that a dead process began. Their parts take space, and are in no list of objects. */
async function abortUploads(client: S3Client, key: BlobKey, fullKey: string): Promise<void> {
  const query = { uploads: '', prefix: fullKey }
  const text = await client.text({ method: 'GET', query, accepted: [200, 404, 501] })
  for (const upload of elements(text, 'Upload')) {
    const [uploadId] = elements(upload, 'UploadId')
    if (uploadId !== undefined && elements(upload, 'Key')[0] === fullKey)
      await abortUpload(client, key, uploadId)
  }
}
