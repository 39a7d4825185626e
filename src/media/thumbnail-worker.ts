import sharp from 'sharp'
import type { ThumbnailJob, ThumbnailResult, WorkerMessage } from './thumbnail-job.ts'

// The code of the process that decodes images. It has no secrets: no environment, no database, no store. A
// crash or an attack on a decoder does not reach the server.

// libvips would choose among dozens of decoders by itself.
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: [
    'VipsForeignLoadJpegBuffer',
    'VipsForeignLoadPngBuffer',
    'VipsForeignLoadNsgifBuffer',
    'VipsForeignLoadWebpBuffer',
  ],
})
sharp.cache(false)
sharp.concurrency(1)

const QUALITY = 80

async function thumbnailOf(job: ThumbnailJob): Promise<ThumbnailResult> {
  const { image, width, height, method, format, maxPixels } = job
  const about = await sharp(image, { limitInputPixels: false }).metadata()
  if (about.format !== format) return { kind: 'undecodable' }
  const frames = about.pages ?? 1
  const animated = job.animated && frames > 1
  if (about.width * about.height * (animated ? frames : 1) > maxPixels) return { kind: 'too large' }
  const own = about.autoOrient
  const isSmaller =
    width === 0 || (method === 'crop' ? fits(own, { width, height }) : isReached(own, { width, height }))
  if (isSmaller && (animated || (frames === 1 && about.pages === undefined))) return { kind: 'original' }
  // Metadata, such as the place of a photo, are left out.
  const pipeline = sharp(image, {
    limitInputPixels: maxPixels,
    failOn: 'error',
    sequentialRead: true,
    animated,
  })
    .autoOrient()
    .resize(
      isSmaller
        ? {}
        : { width, height, fit: method === 'crop' ? 'cover' : 'outside', withoutEnlargement: true },
    )
  if (animated) return made(await pipeline.webp({ quality: QUALITY }).toBuffer(), 'image/webp')
  return about.hasAlpha
    ? made(await pipeline.png().toBuffer(), 'image/png')
    : made(await pipeline.jpeg({ quality: QUALITY }).toBuffer(), 'image/jpeg')
}

type Size = { width: number; height: number }

const fits = (own: Size, size: Size) => own.width <= size.width && own.height <= size.height
/** Scaling down would make one side smaller than requested. */
const isReached = (own: Size, size: Size) => own.width <= size.width || own.height <= size.height

const made = (image: Uint8Array, contentType: string): ThumbnailResult => ({
  kind: 'made',
  image,
  contentType,
})

function send(message: WorkerMessage): void {
  process.send?.(message)
}

process.on('message', (job: ThumbnailJob) => {
  thumbnailOf(job).then(send, () => send({ kind: 'undecodable' }))
})
// The server has ended.
process.on('disconnect', () => process.exit())
send({ kind: 'ready' })
