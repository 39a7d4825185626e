import pino from 'pino'

/** The one logger type of the project: `log.info({ room_id }, 'what happened')`. */
export type Log = pino.Logger
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

const SECRET = /token|password|pushkey|secret|authorization/i
const HIDDEN = '[hidden]'
const MAX_DEPTH = 5

/**
 * JSON lines on stderr, or on `stream`. Values under keys named after tokens, passwords or pushkeys are replaced, at
 * any depth. This is a safety net: such values must not be passed to the log at all.
 */
export function createLog(options: { level: LogLevel; stream?: pino.DestinationStream }): Log {
  const log = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: {
        err: (error: unknown) => describeError(error),
        error: (error: unknown) => describeError(error),
      },
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => hideSecrets(fields, 0) as Record<string, unknown>,
      },
    },
    // Synchronous, so that the last line before a crash is written.
    options.stream ?? pino.destination({ dest: 2, sync: true }),
  )
  // pino has no hook for the bindings of a child logger; children inherit this function.
  const makeChild: unknown = Reflect.get(log, 'child')
  const child = function (this: Log, bindings: pino.Bindings, options?: pino.ChildLoggerOptions): unknown {
    return Reflect.apply(makeChild as () => unknown, this, [hideSecrets(bindings, 0), options])
  }
  Object.assign(log, { child })
  return log
}

function hideSecrets(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return describeError(value)
  if (depth >= MAX_DEPTH) return '[too deep]'
  if (Array.isArray(value)) return value.map((item) => hideSecrets(item, depth + 1))
  // Instances of classes (a Date, a URL, a Buffer) have their own text form.
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  const shown: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value)) {
    const isTopError = depth === 0 && inner instanceof Error
    shown[key] = SECRET.test(key) ? HIDDEN : isTopError ? inner : hideSecrets(inner, depth + 1)
  }
  return shown
}

type ErrorFields = {
  type: string
  message: string
  code?: unknown
  stack?: string | undefined
  cause?: unknown
}

// Only these fields: database drivers add the row to their errors (`detail: Key (pushkey)=(…) already exists`).
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error
  const fields: ErrorFields = { type: error.name, message: error.message, stack: error.stack }
  if ('code' in error) fields.code = error.code
  if (error.cause !== undefined && depth < MAX_DEPTH) fields.cause = describeError(error.cause, depth + 1)
  return fields
}
