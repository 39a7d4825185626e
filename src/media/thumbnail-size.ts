export type ThumbnailMethod = 'crop' | 'scale'
/** In pixels. Width and height 0: the size of the image itself. */
export type ThumbnailSize = { width: number; height: number; method: ThumbnailMethod }

/**
 * Client-server API, "Thumbnails", and sizes for screens with more pixels. A fixed list bounds the thumbnails
 * that are stored for an image.
 */
const CROPPED = [32, 96, 240, 480, 960]
const SCALED = [
  [320, 240],
  [640, 480],
  [800, 600],
  [1600, 1200],
] as const

/**
 * The size to make for a request: the smallest one of the list that is at least as large, because a thumbnail
 * must not be smaller than requested.
 */
export function thumbnailSizeFor({ width, height, method }: ThumbnailSize): ThumbnailSize {
  if (method === 'crop' && width === height) {
    const side = CROPPED.find((one) => one >= width)
    return side === undefined ? OWN_SIZE : { width: side, height: side, method }
  }
  // Other aspects are not cropped: the client crops the larger image.
  const [fitting] = SCALED.filter(([wide, high]) => wide >= width && high >= height)
  return fitting === undefined ? OWN_SIZE : { width: fitting[0], height: fitting[1], method: 'scale' }
}

const OWN_SIZE: ThumbnailSize = { width: 0, height: 0, method: 'scale' }
