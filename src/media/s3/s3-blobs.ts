import { StorageError } from '../../storage/database.ts'
import { storeUnavailable } from '../blob-fault.ts'
import type { BlobKey, BlobRange, Blobs, BlobWriter } from '../blobs.ts'
import { createS3Client, type S3Client, type S3Options } from './client.ts'

/** The smallest size of a part but the last (Amazon S3 User Guide, "multipart upload limits"). An upload holds one part in memory. */
const PART_BYTES = 5_242_880

/**
 * Stores each blob as an object of an S3-compatible service: a small one with one request, a larger one in parts that become an object when it is
 * kept. The service makes objects durable and atomic.
 */
export function createS3Blobs(options: S3Options): Blobs {
  const client = createS3Client(options)
  return {
    place: `${options.endpoint}/${options.bucket}/${options.prefix}`,
    begin: async (key) => writerOf(client, key),
    async size(key) {
      const response = await client.send({ method: 'HEAD', key, accepted: [200, 404] })
      await response.body.dump()
      return response.statusCode === 404 ? undefined : Number(response.headers['content-length'])
    },
    read: (key, range) => readObject(client, key, range),
    async remove(key) {
      await abortUploads(client, key, options.prefix + key)
      await client.text({ method: 'DELETE', key, accepted: [200, 204, 404] })
    },
    async check() {
      try {
        await client.text({ method: 'HEAD', accepted: [200] })
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

async function* readObject(
  client: S3Client,
  key: BlobKey,
  { start, end }: BlobRange,
): AsyncGenerator<Uint8Array> {
  if (end <= start) return
  const headers = { range: `bytes=${start}-${end - 1}` }
  const { body } = await client.send({ method: 'GET', key, headers, accepted: [206] })
  try {
    for await (const chunk of body) yield chunk as Uint8Array
  } catch (error) {
    throw storeUnavailable(error)
  }
}

/** States: buffering → (a part is full) uploading parts → kept or dropped. */
function writerOf(client: S3Client, key: BlobKey): BlobWriter {
  let chunks: Uint8Array[] = []
  let buffered = 0
  let uploadId: string | undefined
  const parts: string[] = []
  const take = () => {
    const part = Buffer.concat(chunks, buffered)
    chunks = []
    buffered = 0
    return part
  }
  const uploadPart = async () => {
    uploadId ??= await startUpload(client, key)
    const query = { partNumber: String(parts.length + 1), uploadId }
    const response = await client.send({ method: 'PUT', key, query, body: take(), accepted: [200] })
    await response.body.dump()
    parts.push(String(response.headers['etag']))
  }
  return {
    async write(chunk) {
      chunks.push(chunk)
      buffered += chunk.byteLength
      if (buffered >= PART_BYTES) await uploadPart()
    },
    async keep() {
      if (uploadId === undefined) {
        await client.text({ method: 'PUT', key, body: take(), accepted: [200] })
        return
      }
      if (buffered > 0) await uploadPart()
      await completeUpload(client, key, { uploadId, parts })
    },
    async drop() {
      chunks = []
      if (uploadId !== undefined) await abortUpload(client, key, uploadId)
      await client.text({ method: 'DELETE', key, accepted: [200, 204, 404] })
    },
  }
}

async function startUpload(client: S3Client, key: BlobKey): Promise<string> {
  const text = await client.text({ method: 'POST', key, query: { uploads: '' }, accepted: [200] })
  const [id] = elements(text, 'UploadId')
  if (id === undefined) throw storeUnavailable(new Error('the response has no UploadId'))
  return id
}

async function completeUpload(
  client: S3Client,
  key: BlobKey,
  { uploadId, parts }: { uploadId: string; parts: readonly string[] },
): Promise<void> {
  const list = parts.map(
    (etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${asXml(etag)}</ETag></Part>`,
  )
  const body = Buffer.from(`<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`)
  const text = await client.text({ method: 'POST', key, query: { uploadId }, body, accepted: [200] })
  // The status is sent before the parts are joined, so a 200 may contain an error.
  if (text.includes('<Error>'))
    throw storeUnavailable(new Error(`complete: ${elements(text, 'Code')[0] ?? ''}`))
}

async function abortUpload(client: S3Client, key: BlobKey, uploadId: string): Promise<void> {
  await client.text({ method: 'DELETE', key, query: { uploadId }, accepted: [200, 204, 404] })
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

/** The contents of all elements with this name. The responses of the protocol are simple XML. */
function elements(xml: string, name: string): string[] {
  const found = xml.matchAll(new RegExp(`<${name}>([^]*?)</${name}>`, 'g'))
  return [...found].map(([, inner = '']) => (inner.includes('<') ? inner : fromXml(inner)))
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
  '&amp;': '&',
}
const fromXml = (text: string) =>
  text
    .replaceAll(/&#(\d{1,7});/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll(/&#x([\da-f]{1,6});/gi, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replaceAll(/&(?:lt|gt|quot|apos|amp);/g, (entity) => ENTITIES[entity] ?? entity)
const asXml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
