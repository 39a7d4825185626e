/**
 * For tests that take a minute of both cores: false, or the reason why they are skipped.
 * `SLOW_TESTS=1 npm test -- FILE` runs them.
 */
export const skipSlow: false | string =
  process.env['SLOW_TESTS'] === '1' ? false : 'takes a minute; SLOW_TESTS=1 runs it'
