import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { limitExceeded } from '../lib/errors.ts'
import { createTurns } from '../lib/turns.ts'

/** Stores passwords as argon2id in PHC form, so that the parameters can be raised while old hashes stay valid. */
export interface Passwords {
  /**
   * `source`: the origin of the work, such as an address. Sources take turns, so that one cannot block the others.
   * @throws MatrixError 429 when too many are waiting
   */
  hash(password: string, source?: string): Promise<string>
  /**
   * Whether `password` matches `phc`. Without `phc` (unknown user, or no password) it resolves to false after the
   * same amount of work.
   * @throws MatrixError 429 when too many are waiting
   */
  verify(password: string, phc: string | null | undefined, source?: string): Promise<boolean>
}

/** `memory` in KiB. */
export type PasswordCost = { memory: number; passes: number }

export type PasswordSettings = {
  cost?: PasswordCost | undefined
  /** Each one uses a thread of libuv's pool for some 50 ms; DNS look-ups and file access need the other threads. */
  atOnce?: number
  /** The size of the queue. */
  waiting?: number
}

// OWASP Password Storage Cheat Sheet, argon2id with one lane.
const COST: PasswordCost = { memory: 19_456, passes: 2 }
const MAX_PARALLEL = 2
const MAX_WAITING = 256
const SALT_BYTES = 16
const TAG_BYTES = 32
const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/
/** The `retry_after_ms` when the queue is full: about the time to empty it. */
const QUEUE_FULL_MS = 5000

export function createPasswords(settings: PasswordSettings = {}): Passwords {
  const { cost = COST, atOnce = MAX_PARALLEL, waiting = MAX_WAITING } = settings
  const inTurn = createTurns({ atOnce, waiting, onFull: () => limitExceeded(QUEUE_FULL_MS) })
  return {
    async hash(password, source) {
      const salt = randomBytes(SALT_BYTES)
      const tag = await inTurn(() => derive(password, { nonce: salt, cost, tagLength: TAG_BYTES }), source)
      return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=1$${unpadded(salt)}$${unpadded(tag)}`
    },
    async verify(password, phc, source) {
      const parts = phc ? PHC.exec(phc) : null
      if (phc && !parts) throw new Error('a stored password hash is not a readable PHC string')
      if (!parts) {
        const nonce = Buffer.alloc(SALT_BYTES)
        await inTurn(() => derive(password, { nonce, cost, tagLength: TAG_BYTES }), source)
        return false
      }
      const [, memory, passes, salt = '', tag = ''] = parts
      const wanted = Buffer.from(tag, 'base64')
      const stored: PasswordCost = { memory: Number(memory), passes: Number(passes) }
      const nonce = Buffer.from(salt, 'base64')
      const found = await inTurn(
        () => derive(password, { nonce, cost: stored, tagLength: wanted.length }),
        source,
      )
      return timingSafeEqual(found, wanted)
    },
  }
}

function derive(
  password: string,
  { nonce, cost, tagLength }: { nonce: Buffer; cost: PasswordCost; tagLength: number },
): Promise<Buffer> {
  const parameters = { message: password, nonce, parallelism: 1, tagLength, ...cost }
  return new Promise((resolve, reject) => {
    argon2('argon2id', parameters, (error, tag) => (error ? reject(error) : resolve(tag)))
  })
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
