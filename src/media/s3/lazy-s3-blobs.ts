import type { Blobs } from '../blobs.ts'
import { RANGE_BYTES } from './range-bytes.ts'
import type { S3BlobsOptions } from './s3-blobs.ts'

/**
 * Like `createS3Blobs`, and loads its HTTP client with the first use, so that the client does not slow the
 * start of the server.
 */
export function createLazyS3Blobs(options: S3BlobsOptions): Blobs {
  const make = async () => (await import('./s3-blobs.ts')).createS3Blobs(options)
  let made: ReturnType<typeof make> | undefined
  const blobs = () => (made ??= make())
  return {
    place: `${options.endpoint}/${options.bucket}/${options.prefix}`,
    readMemory: RANGE_BYTES,
    begin: async (...given) => (await blobs()).begin(...given),
    size: async (...given) => (await blobs()).size(...given),
    read: async function* (...given) {
      yield* (await blobs()).read(...given)
    },
    list: async function* () {
      yield* (await blobs()).list()
    },
    remove: async (...given) => (await blobs()).remove(...given),
    check: async () => (await blobs()).check(),
    async [Symbol.asyncDispose]() {
      await (await made)?.[Symbol.asyncDispose]()
    },
  }
}
