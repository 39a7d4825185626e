import type createSharp from 'sharp'

const found = await import('sharp').then(
  (module) => module.default,
  () => undefined,
)
/** False if the optional package `sharp` works on this machine, else the reason to skip a test. */
export const noSharp = found === undefined && 'the optional package sharp is not installed'
const sharp = found as typeof createSharp

type Shape = { width: number; height: number }

const plain = ({ width, height }: Shape, alpha: number) =>
  sharp({ create: { width, height, channels: 4, background: { r: 200, g: 30, b: 30, alpha } } })

export const jpegOf = (shape: Shape) => plain(shape, 1).removeAlpha().jpeg().toBuffer()
export const pngOf = (shape: Shape) => plain(shape, 0.5).png().toBuffer()

/** An animation with two frames of different colours. */
export async function animationOf({ width, height }: Shape, format: 'gif' | 'webp'): Promise<Buffer> {
  const frames = await Promise.all(
    ['red', 'blue'].map((background) =>
      sharp({ create: { width, height, channels: 3, background } })
        .png()
        .toBuffer(),
    ),
  )
  return sharp(frames, { join: { animated: true } })
    .toFormat(format)
    .toBuffer()
}

/** A JPEG that has to be turned by 90° to be shown, as cameras store them. `width`, `height`: as stored. */
export const turnedJpegOf = (shape: Shape) =>
  plain(shape, 1).removeAlpha().withMetadata({ orientation: 6 }).jpeg().toBuffer()

export async function sizeOf(image: Uint8Array) {
  const { width, height, format, pages = 1, exif, orientation } = await sharp(image).metadata()
  return { width, height, format, pages, hasExif: exif !== undefined, orientation }
}
