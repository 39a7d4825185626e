import type { Tweaks } from '../../push-rules/index.ts'

/** The tweaks of MSC4062, stable and unstable: do not mail the event. */
const NOT_BY_MAIL = ['dont_email', 'org.matrix.msc4062.dont_email']

/** Whether the deciding rule allows a mail. A tweak with the value `false` is off. */
export const isForMail = (tweaks: Tweaks): boolean => !NOT_BY_MAIL.some((name) => Boolean(tweaks[name]))
