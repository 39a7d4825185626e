import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog } from '../../src/lib/log.ts'

function record(use: (log: ReturnType<typeof createLog>) => void): {
  text: string
  lines: Record<string, unknown>[]
} {
  let text = ''
  use(createLog({ level: 'debug', stream: { write: (line: string) => void (text += line) } }))
  return {
    text,
    lines: text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}

test('values under keys named after secrets are hidden, at any depth and in child loggers', () => {
  const { text, lines } = record((log) => {
    log.info({ access_token: 's3cret', user: '@a:x' }, 'one')
    log.info({ pusher: { pushkey: 's3cret', data: [{ Password: 's3cret' }] } }, 'two')
    log.child({ token: 's3cret', request_id: 'r1' }).warn('three')
  })
  assert.doesNotMatch(text, /s3cret/)
  assert.deepEqual(
    lines.map(({ level, msg }) => [level, msg]),
    [
      ['info', 'one'],
      ['info', 'two'],
      ['warn', 'three'],
    ],
  )
  assert.equal(lines[0]?.['user'], '@a:x')
  assert.equal(lines[2]?.['request_id'], 'r1')
})

test('an error is logged with its causes and code, without the fields that a driver adds', () => {
  const cause = Object.assign(new Error('duplicate key'), {
    code: '23505',
    detail: 'Key (pushkey)=(s3cret) already exists',
  })
  const { text, lines } = record((log) => {
    log.error({ err: new Error('cannot store', { cause }) }, 'failed')
    log.error(new Error('alone', { cause }))
  })
  assert.doesNotMatch(text, /s3cret/)
  for (const [at, message] of ['cannot store', 'alone'].entries()) {
    const err = lines[at]?.['err'] as {
      message: string
      stack: string
      cause: { message: string; code: string }
    }
    assert.deepEqual([err.message, err.cause.message, err.cause.code], [message, 'duplicate key', '23505'])
    assert.match(err.stack, /log\.test/)
  }
})

test('a circular cause is cut', () => {
  const error: Error = new Error('round')
  error.cause = error
  const { lines } = record((log) =>
    log.error({ err: error, circle: { deep: { deeper: { deepest: { end: { of: 'it' } } } } } }, 'x'),
  )
  assert.equal(lines.length, 1)
})
