import type { Config } from '../config/schema.ts'
import type { OnResponse } from '../http/pipeline.ts'
import { createLoadWords, type LoadWords } from '../language/load-words.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import { type Random, systemRandom } from '../lib/ids.ts'
import { createLog, type Log } from '../lib/log.ts'
import { createMetrics, type Metrics } from '../lib/metrics.ts'

export type Environment = {
  clock: Clock
  random: Random
  log: Log
  metrics: Metrics
  wordsOf: LoadWords
  /** For tests: called with each response. */
  onResponse?: OnResponse | undefined
  /** For tests: the parameters of argon2 for new passwords, instead of the recommended ones. */
  passwordCost?: { memory: number; passes: number } | undefined
}

/** The given parts of the environment, with those of the system for the others. */
export function environmentOf(
  { log_level: level, language }: Pick<Config, 'log_level' | 'language'>,
  given: Partial<Environment>,
): Environment {
  return {
    clock: systemClock,
    random: systemRandom,
    ...given,
    log: given.log ?? createLog({ level }),
    metrics: given.metrics ?? createMetrics({ processMetrics: true }),
    wordsOf: given.wordsOf ?? createLoadWords(language),
  }
}
