import type { Metrics } from '../lib/metrics.ts'

/** The metrics of rule evaluations. */
export const ruleMetrics = (metrics: Metrics) => ({
  ruleFaults: metrics.counter('belfry_rule_faults_total', 'Rule evaluations that threw; no message was lost'),
  ruleCuts: metrics.counter(
    'belfry_rule_cuts_total',
    'Rule evaluations that reached their cost limit: some rules of users were not evaluated for an event',
  ),
})
