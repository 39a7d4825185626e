import type { ImageFormat } from './sniff.ts'
import type { ThumbnailSize } from './thumbnail-size.ts'

// The messages between `thumbnailer.ts` and the process of `thumbnail-worker.ts`.

export type ThumbnailJob = ThumbnailSize & {
  image: Uint8Array
  format: ImageFormat
  /** Whether an animation is wanted. */
  animated: boolean
  maxPixels: number
}

/** `original`: the image is no larger than the thumbnail would be. */
export type ThumbnailResult =
  | { kind: 'made'; image: Uint8Array; contentType: string }
  | { kind: 'original' }
  | { kind: 'too large' }
  | { kind: 'undecodable' }

/** `ready` is the first message of a worker. */
export type WorkerMessage = { kind: 'ready' } | ThumbnailResult
