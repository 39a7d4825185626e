import { hash } from 'node:crypto'
import type { DeviceId, Random } from '../lib/ids.ts'

const TOKEN_BYTES = 32
const DEVICE_ID_LETTERS = 10

/** A new access token: 256 random bits. The prefix lets secret scanners recognise one that was leaked. */
export function newToken(random: Random): string {
  return `blf_${random.token(TOKEN_BYTES)}`
}

/** What is kept of a token. Without salt or stretching: there is nothing to guess in 256 random bits. */
export function hashToken(token: string): string {
  return hash('sha256', token, 'base64url')
}

/** Ten capital letters, as clients are used to see them. */
export function newDeviceId(random: Random): DeviceId {
  return letters(random, DEVICE_ID_LETTERS, 65) as DeviceId
}

export function letters(random: Random, count: number, first: number): string {
  return Array.from({ length: count }, () => String.fromCharCode(first + random.below(26))).join('')
}
