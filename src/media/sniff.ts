/** The formats of images that are decoded, in which clients send pictures and that browsers show. */
export type ImageFormat = 'jpeg' | 'png' | 'gif' | 'webp'

/** `isAnimated`: whether it may have several frames. A GIF and a WebP may always have them. */
export type SniffedImage = { format: ImageFormat; isAnimated: boolean }

/** The number of bytes that `sniff` needs: an animated PNG has the chunk `acTL` before its first image data. */
export const SNIFFED_BYTES = 4096

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/**
 * The format of an image, by its first bytes (https://mimesniff.spec.whatwg.org, section 6.1). undefined for
 * anything else, whatever its declared type is: the decoder must never choose a format itself.
 */
export function sniff(head: Buffer): SniffedImage | undefined {
  if (head.length >= 3 && head.readUIntBE(0, 3) === 0xffd8ff) return { format: 'jpeg', isAnimated: false }
  if (head.subarray(0, 8).equals(PNG))
    return { format: 'png', isAnimated: head.includes('acTL', 8, 'latin1') }
  const text = head.toString('latin1', 0, 16)
  if (/^GIF8[79]a/.test(text)) return { format: 'gif', isAnimated: true }
  if (/^RIFF[^]{4}WEBPVP/.test(text)) return { format: 'webp', isAnimated: true }
  return undefined
}
