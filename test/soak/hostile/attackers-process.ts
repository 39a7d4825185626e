import { attack, type AttackReport } from './attacks.ts'

// Runs all attacks in a separate process, so that their CPU time does not delay the measured requests of
// ordinary users.

export type AttackOrder = { url: string; victim: string; scale: number }

const ending = new AbortController()

process.on('message', (message: AttackOrder | 'end') => {
  if (message === 'end') ending.abort()
  else
    void attack({ ...message, signal: ending.signal }).then((reports: AttackReport[]) =>
      process.send?.(reports, () => process.disconnect?.()),
    )
})
// End when the parent process has ended.
process.on('disconnect', () => process.exit())
