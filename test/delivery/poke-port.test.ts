import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TOKEN_REFUSED } from '../../src/delivery/poke-fault.ts'
import { evidenceOf, type PokeSent } from '../../src/delivery/poke-port.ts'
import type { Evidence } from '../../src/sending/circuits.ts'

test('counts an outage for no response, a 5xx and a refused server token, and for no other response', () => {
  const retry = { kind: 'retry', ms: 1 } as const
  const results: [PokeSent, Evidence][] = [
    [{ kind: 'delivered', reason: 'sent', status: 200, ms: 1 }, 'delivered'],
    [{ kind: 'rejected', reason: 'rejected', status: 200, ms: 1 }, 'delivered'],
    [{ kind: 'refused', reason: 'status 400', status: 400, ms: 1 }, 'responded'],
    [{ ...retry, reason: 'redirect', status: 302 }, 'responded'],
    [{ ...retry, reason: 'status 429', status: 429, retryAfterMs: 9 }, 'responded'],
    [{ ...retry, reason: 'timeout' }, 'outage'],
    [{ ...retry, reason: 'status 502', status: 502 }, 'outage'],
    [{ ...retry, reason: TOKEN_REFUSED, status: 403 }, 'outage'],
  ]
  for (const [result, evidence] of results) assert.equal(evidenceOf(result), evidence)
})
