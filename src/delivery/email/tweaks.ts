import type { Tweaks } from '../../push-rules/index.ts'

/** Of MSC4062, as accepted and as proposed: the event is not to be mailed. */
const NOT_BY_MAIL = ['dont_email', 'org.matrix.msc4062.dont_email']

/** Whether the rule that decides lets the event be mailed. A tweak that is set to `false` asks for nothing. */
export const isForMail = (tweaks: Tweaks): boolean => !NOT_BY_MAIL.some((name) => Boolean(tweaks[name]))
