import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { PokeFault } from '../../src/delivery/poke-fault.ts'
import { NOTIFY_REASONS } from '../../src/trace/notify-reason.ts'
import { FAULTS, sentenceFor, type StepName, VOCABULARY } from '../../src/trace/vocabulary.ts'

const PAGE = fileURLToPath(new URL('../../docs/journey.md', import.meta.url))

describe('the vocabulary of the journey', () => {
  test('has a sentence for each reason against a notification', () => {
    const { decided, skipped, 'not queued': notQueued } = VOCABULARY
    const sentences: Readonly<Record<string, string>> = { ...decided, ...notQueued, ...skipped }
    for (const reason of NOTIFY_REASONS) assert.match(sentences[reason] ?? '', /^[A-Z].{10,}\.$/, reason)
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

  test('equals the table in docs/journey.md (UPDATE_SNAPSHOTS=1 writes the table)', () => {
    const page = readFileSync(PAGE, 'utf8')
    const expected = page.replace(/(?:^\| `[^`]+` \| `[^`]+` \| .+ \|\n)+/m, rows().map(tableRow).join(''))
    if (process.env['UPDATE_SNAPSHOTS']) writeFileSync(PAGE, expected)
    assert.ok(page.includes('| `sent` | `sent` |'))
    assert.equal(readFileSync(PAGE, 'utf8') === expected, true, 'the table differs from vocabulary.ts')
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
