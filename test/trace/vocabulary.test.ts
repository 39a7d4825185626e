import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { PokeFault } from '../../src/delivery/poke-fault.ts'
import { DEVICE_STATES, deviceState } from '../../src/trace/device-state.ts'
import { journeyStep } from '../../src/trace/journey.ts'
import { NOTIFY_REASONS } from '../../src/trace/notify-reason.ts'
import { FAULTS, sentenceFor, type StepName, VOCABULARY } from '../../src/trace/vocabulary.ts'

const PAGE = fileURLToPath(new URL('../../docs/journey.md', import.meta.url))

describe('the vocabulary of the journey', () => {
  test('has a sentence for each reason against a notification', () => {
    const { decided, skipped, 'not queued': notQueued } = VOCABULARY
    const sentences: Readonly<Record<string, string>> = { ...decided, ...notQueued, ...skipped }
    for (const reason of NOTIFY_REASONS) assert.match(sentences[reason] ?? '', /^[A-Z].{10,}\.$/, reason)
  })

  test('gives the state of a device by its last step that is neither an attempt nor a step of the gateway', () => {
    const at = { at: 1 }
    const queued = journeyStep('waiting', 'queued', at)
    const skipped = journeyStep('skipped', 'read', at)
    const steps = [queued, journeyStep('attempt', 'failed', at), journeyStep('gateway', 'retry', at)]
    assert.deepEqual(deviceState(steps), { state: 'waiting', step: queued })
    assert.deepEqual(deviceState([...steps, skipped]), { state: 'read first', step: skipped })
    assert.equal(deviceState([{ ...skipped, reason: 'of another version' }])?.state, 'unknown')
    assert.equal(deviceState([]), undefined)
  })

  test('has a clause for each fault except a status', () => {
    const clauses: Record<Exclude<PokeFault, `status ${number}`>, string> = FAULTS
    assert.ok(Object.keys(clauses).length > 10)
    assert.equal(
      sentenceFor('attempt', 'failed', 'timeout'),
      'The poke was not delivered; it is retried (there was no response in time).',
    )
    assert.match(sentenceFor('attempt', 'failed', 'status 503'), /\(status 503\)\.$/)
  })

  test('shows a reason of another version unchanged', () => {
    assert.equal(sentenceFor('skipped', 'unknown reason'), 'skipped: unknown reason.')
    assert.equal(sentenceFor('skipped', 'toString'), 'skipped: toString.')
  })

  test('equals the tables in docs/journey.md (UPDATE_SNAPSHOTS=1 writes them)', () => {
    const page = readFileSync(PAGE, 'utf8')
    const states = Object.entries(DEVICE_STATES).map(([state, text]) => `| \`${state}\` | ${text} |\n`)
    const expected = page
      .replace(/(?:^\| `[^`]+` \| `[^`]+` \| .+ \|\n)+/m, rows().map(tableRow).join(''))
      .replace(/(?<=^\| state \| meaning \|\n\|---\|---\|\n)(?:\|.+\|\n)+/m, states.join(''))
    if (process.env['UPDATE_SNAPSHOTS']) writeFileSync(PAGE, expected)
    assert.ok(page.includes('| `sent` | `sent` |') && page.includes('| `read first` | Nothing'))
    assert.equal(
      readFileSync(PAGE, 'utf8') === expected,
      true,
      'a table differs from vocabulary.ts or device-state.ts',
    )
  })
})

function rows(): [step: string, reason: string, text: string][] {
  return Object.entries(VOCABULARY).flatMap(([step, reasons]) =>
    Object.keys(reasons).map((reason): [string, string, string] => [
      step,
      reason,
      sentenceFor(step as StepName, reason),
    ]),
  )
}

const tableRow = ([step, reason, text]: [string, string, string]) =>
  `| \`${step}\` | \`${reason}\` | ${text} |\n`
