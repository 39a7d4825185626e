import { utf8 } from './utf-8.ts'

/**
 * SHA-256 (FIPS 180-4) of a text in UTF-8, in hexadecimal. Implemented here because this folder imports nothing, not
 * even from Node.
 */
export function sha256(text: string): string {
  const message = utf8(text)
  const blocks = new DataView(new ArrayBuffer((((message.length + 8) >> 6) + 1) * 64))
  message.forEach((byte, at) => blocks.setUint8(at, byte))
  blocks.setUint8(message.length, 0x80)
  blocks.setUint32(blocks.byteLength - 8, Math.floor(message.length / 2 ** 29))
  blocks.setUint32(blocks.byteLength - 4, message.length << 3)
  const state = Int32Array.from(START)
  for (let at = 0; at < blocks.byteLength; at += 64) addBlock(state, blocks, at)
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
}

const PRIMES = primes(64)
/** The first bits of the fractional parts of the roots of the first primes. */
const START = PRIMES.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)))
const ROUNDS = PRIMES.map((prime) => fraction(Math.cbrt(prime)))

function primes(count: number): number[] {
  const found: number[] = []
  for (let number = 2; found.length < count; number++) {
    if (found.every((prime) => number % prime !== 0)) found.push(number)
  }
  return found
}

function fraction(root: number): number {
  return ((root % 1) * 2 ** 32) | 0
}

const rotate = (word: number, by: number) => (word >>> by) | (word << (32 - by))

function addBlock(state: Int32Array, blocks: DataView, from: number): void {
  const words = new Int32Array(64)
  for (let at = 0; at < 16; at++) words[at] = blocks.getInt32(from + at * 4)
  const word = (at: number) => words[at] ?? 0
  for (let at = 16; at < 64; at++) {
    const [early, late] = [word(at - 15), word(at - 2)]
    const first = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3)
    const second = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10)
    words[at] = (word(at - 16) + first + word(at - 7) + second) | 0
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  for (let at = 0; at < 64; at++) {
    const one = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const mixed = (h + one + ((e & f) ^ (~e & g)) + (ROUNDS[at] ?? 0) + word(at)) | 0
    const zero = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const rest = (zero + ((a & b) ^ (a & c) ^ (b & c))) | 0
    ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + mixed) | 0, c, b, a, (mixed + rest) | 0]
  }
  ;[a, b, c, d, e, f, g, h].forEach((value, at) => (state[at] = ((state[at] ?? 0) + value) | 0))
}
