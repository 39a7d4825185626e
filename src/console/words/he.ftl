## Everywhere
skip = דילוג לתוכן
close = סגירה
cancel = ביטול
nav-label = מסכים
sign-out = יציאה
copy-link = העתקת קישור
copy-json = העתקה כ־JSON
copy-done = הועתק
copy-failed = הדפדפן לא אפשר את ההעתקה
clock-differs = יש הפרש של { $by } בין השעון של הדפדפן הזה לשעון של השרת. השעות שלהלן הן לפי השרת.
theme-label = ערכת נושא: { $theme }
theme-system = לפי המערכת
theme-light = בהירה
theme-dark = כהה
language-label = שפה
time-now = ממש עכשיו
time-never = אף פעם

## States of every screen
state-loading = בטעינה
state-slow = השרת מתעכב יותר מהרגיל. עדיין בהמתנה.
state-offline = אין חיבור לשרת
state-forbidden = אין לך הרשאה לצפות בזה
state-missing = אין כאן דבר שמותר לך לראות
state-failed = השרת לא הצליח להשיב
state-retry = ניסיון חוזר

## Sign in
sign-in-title = Belfry
sign-in-about = למה זה צלצל? ולמה לא? כניסה עם חשבון ה־Matrix שלך בשרת הזה.
sign-in-user = שם משתמש
sign-in-user-hint = לדוגמה alice או ‎@alice:example.org
sign-in-password = סיסמה
sign-in-token = אסימון גישה
sign-in-token-hint = של אפליקציה או של סקריפט. הוא נשאר תקף גם אחרי היציאה מכאן.
sign-in-token-of-link = הוא הגיע עם הקישור שפתחת.
sign-in-registration = אסימון הרשמה
sign-in-registration-hint = ממנהל של השרת הזה.
sign-in-registration-refused = אסימון ההרשמה הזה לא מוכר, נוצל עד תום או שתוקפו פג
sign-in-do = כניסה
sign-in-create = יצירת החשבון
sign-in-with-account = יצירת חשבון
sign-in-new-user-hint = אותיות לטיניות קטנות, ספרות והתווים . _ = / -
sign-in-busy = מתבצעת כניסה…
sign-in-with-token = שימוש באסימון גישה
sign-in-with-password = שימוש בסיסמה
sign-in-refused = שם המשתמש או הסיסמה שגויים
sign-in-token-refused = אסימון הגישה הזה לא מוכר לשרת

## Keys
keys-title = מקשים
keys-filter = מעבר לסינון
keys-next = השורה הבאה
keys-previous = השורה הקודמת
keys-open = פתיחת השורה
keys-back = יציאה משדה או חזרה לרשימה
keys-test = מעבר ללחצן הבדיקה הראשון
keys-help = הרשימה הזו
keys-switch = שימוש במקשים של אות אחת

## Today
today-title = היום
today-devices = המכשירים שלך
today-recent = מה קרה לאחרונה
today-all = כל המסלולים
device-success = התראה אחרונה
device-failing = נכשל מאז
device-arrived = הגיעה אחרי { $after }
device-last-arrived = הגעה אחרונה
device-usually = בדרך כלל אחרי { $after }
device-not-seen = { $count ->
    [one] האחרונה לא הגיעה
    [two] שתי האחרונות לא הגיעו
   *[other] { $count } האחרונות לא הגיעו
}
device-queued = { $count ->
    [one] אחת ממתינה
    [two] שתיים ממתינות
   *[other] { $count } ממתינות
}
pusher-ok = מצלצל
pusher-unused = עוד לא היה בשימוש
pusher-pending = לא אושר על ידי האפליקציה
pusher-retrying = מנסה שוב
pusher-failing = נכשל
pusher-off = כבוי
pusher-not-seen = נשלח אך לא התקבל
test-send = שליחת בדיקה
test-to = אל { $name }
test-busy = בשליחה…
test-ok = נשלחה
test-rejected = נדחתה: לאפליקציה אין מכשיר כזה
test-unreachable = אין חיבור לשער
test-rate-limited = השער מבקש להמתין
test-not-registered = המכשיר הזה כבר לא קיים
test-blocked = הכתובת של השער אינה מותרת
test-disabled = המכשיר כבוי
test-not-activated = האפליקציה לא אישרה את המכשיר
test-unsupported = אין בדיקה למכשיר מסוג זה
first-title = עדיין אין לך מכשיר שמקבל התראות
first-about = אפליקציה מודיעה לשרת לאן לשלוח התראות. לזה קוראים pusher. יש שתי דרכים להוסיף אחד:
first-client = כניסה ל־Element X, ל־FluffyChat או ל־SchildiChat בשם { $user } עם השרת { $server }, ואישור קבלת התראות.
first-curl = או יצירת תיבת בדיקה בשרת הזה. TOKEN הוא אסימון גישה שלך:
first-waiting = בהמתנה למכשיר הראשון שלך. הדף יתעדכן מעצמו.

ring-do = צלצול בדפדפן הזה
ring-step-permission = הדפדפן שואל אם מותר להציג התראות…
ring-step-subscribe = נרשמים לשירות ה־Push של הדפדפן…
ring-step-confirm = בהמתנה ל־Push הראשון…
ring-step-ring = מצלצלים…
ring-done = נשלחה. הדפדפן מציג עכשיו התראה.
ring-denied = הדפדפן לא מאפשר התראות בדף הזה. אפשר לאשר אותן בהגדרות הדפדפן לאתר הזה.
ring-off = אין Web Push בשרת הזה (ההגדרה push.web_push).
ring-no-service = הדפדפן לא הצליח להירשם לשירות ה־Push שלו.
ring-not-confirmed = ה־Push הראשון לא הגיע תוך 20 שניות. כדאי לבדוק שלשרת יש גישה לאינטרנט.
ring-unsupported = כדי לצלצל בדפדפן הזה צריך לפתוח את הקונסולה דרך https או ב־localhost.
ring-app = קונסולת Belfry
ring-device = הדפדפן הזה
ring-title = מצלצל
ring-text = Belfry מגיע לדפדפן הזה.

## Journeys
journeys-title = מסלולים
journeys-event = פתיחה לפי מזהה אירוע
list-event = אירוע
list-why = למה
list-no-devices = אין מכשיר
list-older = טעינת ישנים יותר
list-news = { $count ->
    [one] חדש אחד
    [two] שני חדשים
   *[other] { $count } חדשים
}
list-total = { $count ->
    [one] מסלול אחד
    [two] שני מסלולים
   *[other] { $count } מסלולים
}
list-total-at-least = { $count ->
    [one] לפחות מסלול אחד
    [two] לפחות שני מסלולים
   *[other] לפחות { $count } מסלולים
}
list-none = עדיין לא קרה דבר
list-none-about = כל הודעה שתישלח אליך תופיע כאן מעצמה, עם הסיבה לכך שצלצלה או לא.
list-none-match = אין מסלול מתאים
list-none-match-about = אפשר להסיר מסנן או להמתין: מסלולים חדשים מופיעים מעצמם.
live-connecting = בהתחברות
live-live = בזמן אמת
live-paused = מושהה
live-failed = כל 5 שניות
live-pause = השהיה
live-resume = המשך
filter-state = מצב
filter-device = מכשיר
filter-since = זמן
filter-room = מזהה חדר
filter-all = הכול
filter-clear = ניקוי המסננים
since-1h = השעה האחרונה
since-24h = 24 השעות האחרונות
since-7d = 7 הימים האחרונים
device-state-sent = נשלח
device-state-waiting = ממתין
device-state-held = מעוכב
device-state-failing = נכשל
device-state-silent = שקט
device-state-read-first = נקרא קודם
device-state-skipped = דולג
device-state-dropped = סורב
device-state-rejected = נדחה
device-state-off = כבוי
device-state-unknown = לא ידוע
type-m-room-message = הודעה
type-m-room-encrypted = הודעה מוצפנת
type-m-room-member = חברות בחדר
type-m-call-invite = שיחה
type-m-sticker = מדבקה
type-m-room-topic = נושא
type-m-room-name = שם החדר
type-m-room-tombstone = שדרוג החדר
type-m-poll-start = סקר

## One journey
journey-title = מסלול של אירוע
journey-decision = החלטה
journey-devices = מכשירים
journey-no-devices = לא היה מכשיר
journey-no-devices-about = כשהאירוע נשלח, למשתמש הזה לא הייתה אפליקציה שמקבלת התראות.
journey-rule = הכלל המכריע:
journey-rules = כללי התראות לפי סדר הבדיקה
journey-rules-changed = הכללים השתנו מאז. הרשימה מציגה את הכללים הנוכחיים; ההחלטה היא זו שנשמרה.
journey-try = ניסוי כלל על האירוע הזה
journey-removed = הוסר
journey-untraced = השרת לא מתעד מסלולים (ההגדרה trace.enabled), ולכן הניסיונות חסרים.
fact-when = נשלח
fact-sender = שולח
fact-room = חדר
fact-type = סוג
fact-user = המסלול של
fact-read = נקרא
fact-read-yes = כן
fact-read-no = עדיין לא
fact-event = מזהה אירוע
step-attempt = ניסיון { $number }
step-status = סטטוס { $status }
step-next = הניסיון הבא
step-unknown = לא ידוע
step-waiting = ממתין
step-held = מעוכב

step-sent = נשלח
step-fetched = הגיע
step-rejected = נדחה
step-dropped = סורב
step-skipped = לא נשלח
step-cleared = הוסר
step-not-queued = לא נשלח
step-not-seen = לא התקבל
step-gateway = בשער
reason-no-rule-matched = אף כלל לא התאים
reason-not-kept = כבר לא ידוע
reason-wakes-only = מעיר את המכשיר
reason-rules-failed = הכללים נכשלו
reason-not-fetched = לא התקבל
reason-read = נקרא קודם
reason-gateway-failing = תקלה בשער
reason-mail-server-failing = תקלה בשרת הדואר
reason-suppressed-by-a-device-rule = הושתק במכשיר הזה
reason-does-not-notify = ללא התראה
reason-in-the-app-only = באפליקציה בלבד
reason-collapsed = הוחלף בחדש יותר
reason-active-elsewhere = מעוכב: פעילות במכשיר אחר
reason-no-pushers = אין מכשיר
reason-set-after-the-event = הוגדר מאוחר יותר
reason-pusher-disabled = המכשיר היה כבוי
reason-disabled = המכשיר כבוי
reason-not-activated = לא אושר על ידי האפליקציה
reason-own-event = אירוע שלך
reason-not-a-member = לא חבר בחדר
reason-sender-is-ignored = התעלמות מהשולח
reason-redacted = הודעה שנמחקה
reason-not-by-e-mail = לא בדוא״ל
remedy-2xx = השער השיב אך לא קיבל את ההתראה. מפעיל השער יכול למצוא את הסיבה ביומן שלו.
remedy-3xx = השער השיב בהפניה. יש להגדיר את ה־pusher עם הכתובת הסופית.
remedy-4xx = השער מסרב לבקשה. יש לבדוק את ה־app id ואת הכתובת של ה־pusher.
remedy-5xx = יש תקלה בשער. השרת ינסה שוב מעצמו.
remedy-connection-refused = דבר לא מאזין בכתובת של השער. יש לבדוק שהוא פועל ומה הפורט שלו.
remedy-dns = שם המארח של השער לא קיים. יש לבדוק את הכתובת של ה־pusher.
remedy-timeout = השער לא השיב בזמן. השרת ינסה שוב מעצמו.
remedy-tls = אישור האבטחה של השער אינו מהימן. יש לחדש אותו או להוסיף את הרשות המאשרת דרך push.extra_ca.
remedy-blocked-by-the-IP-policy = הכתובת אינה ציבורית. אם היא מהימנה, אפשר להתיר אותה דרך push.allow_ip_ranges.

## Rules
rules-not-matched = { $count ->
    [one] כלל אחד לא התאים
    [two] שני כללים לא התאימו
   *[other] { $count } כללים לא התאימו
}
rules-not-reached = { $count ->
    [one] בכלל אחד נוסף לא היה צורך.
    [two] בשני כללים נוספים לא היה צורך.
   *[other] ב־{ $count } כללים נוספים לא היה צורך.
}
verdict-matched = התאים
verdict-wakes-only = מעיר את המכשיר
verdict-no-match = לא התאים
verdict-disabled = כבוי
verdict-malformed = לא תקין
verdict-not-evaluated = לא נבדק
check-holds = מתקיים
check-fails = לא מתקיים
check-expected = צפוי
check-actual = בפועל
check-nothing = כלום
condition-event-match = האירוע מתאים לתבנית
condition-event-property-is = למאפיין של האירוע יש ערך מסוים
condition-event-property-contains = רשימה באירוע מכילה ערך
condition-contains-display-name = הטקסט מכיל את השם שלך
condition-room-member-count = בחדר יש מספר מסוים של חברים
condition-sender-notification-permission = השולח רשאי לשלוח התראה לכל החדר
rule-own = כלל אישי { $id } ‏({ $kind })
rule-device = רק { $handle }
kind-override = override
kind-content = מילה
kind-room = חדר
kind-sender = שולח
kind-underride = underride
rule-m-rule-master = הכול מושתק
rule-m-rule-suppress-notices = הודעות של בוטים
rule-m-rule-invite-for-me = הזמנות אליך
rule-m-rule-member-event = שינויים בחברי החדר
rule-m-rule-is-user-mention = אזכורים שלך
rule-m-rule-contains-display-name = השם שלך בטקסט
rule-m-rule-is-room-mention = אזכורים של החדר
rule-m-rule-roomnotif = ‎@room בטקסט
rule-m-rule-tombstone = שדרוגי חדרים
rule-m-rule-reaction = תגובות
rule-m-rule-room-server-acl = רשימות שרתים של חדרים
rule-m-rule-suppress-edits = עריכות של הודעות
rule-m-rule-contains-user-name = שם המשתמש שלך בטקסט
rule-m-rule-call = שיחות
rule-m-rule-encrypted-room-one-to-one = הודעות מוצפנות בין שניים
rule-m-rule-room-one-to-one = הודעות בין שניים
rule-m-rule-message = הודעות
rule-m-rule-encrypted = הודעות מוצפנות

## The table of rules
rules-title = כללים
rules-about = מה מצלצל והיכן. כלל של מכשיר קודם לכללים של החשבון, רק במכשיר הזה. מוני ההודעות שלא נקראו נקבעים לפי החשבון בלבד.
rules-account = חשבון
rules-device = מכשיר
rules-filter = חיפוש חדר
rules-rooms = חדרים
rules-senders = אנשים
rules-contents = מילים
rules-room = חדר
rules-sender = אדם
rules-content = מילה
rules-no-rooms = לא נמצא חדר.
rules-no-senders = אין כלל שנוגע לאדם מסוים.
rules-no-contents = אין כלל שנוגע למילה מסוימת.
rules-more = הצגת עוד
rules-cell = { $what }, { $where }
rules-effect = תוצאה
rules-period = למשך
rules-save = שמירה
rules-add = הוספה
rules-add-sender = מזהה משתמש של אדם
rules-add-content = מילה; * ו־? מייצגים אותיות כלשהן
rules-other = כללים אחרים
rules-own = כללים אישיים עם תנאים
rules-defaults = כללי ברירת מחדל
rules-rule = כלל
rules-state = מצב
rules-actions = שינוי
rules-on = פועל
rules-off = כבוי
rules-switch-on = הפעלה
rules-switch-off = כיבוי
rules-delete = מחיקה
rules-ends = מסתיים
effect-inherits = כרגיל
effect-muted = מושתק
effect-mentions = אזכורים בלבד
effect-silent = שקט
effect-quiet = התראה ללא צליל
effect-rings = צלצול
effect-highlight = צלצול והדגשה
period-always = תמיד
period-hour = שעה
period-work = שמונה שעות
period-day = יממה

## The doctor
doctor-title = אבחון
doctor-nothing = שום דבר לא מונע מההתראות שלך להגיע
doctor-more = { $count ->
    [one] ממצא אחד נוסף יופיע אחרי תיקון הממצאים האלה.
    [two] שני ממצאים נוספים יופיעו אחרי תיקון הממצאים האלה.
   *[other] { $count } ממצאים נוספים יופיעו אחרי תיקון הממצאים האלה.
}
severity-problem = בעיה
severity-warning = אזהרה
severity-hint = עצה
finding-busy = מתבצע שינוי…
finding-done = בוצע
finding-no-pusher = אין לך מכשיר שמקבל התראות.
finding-notifications-are-off = כל ההתראות כבויות.
finding-no-process-delivers = השרת אינו שולח התראות כרגע. הן ממתינות עד שישלח שוב.
finding-pusher-is-failing = התראות אל { $device } נכשלות מאז { $since }.
finding-pusher-is-retrying = התראות אל { $device } נכשלות מאז { $since }.
finding-pusher-is-disabled = המכשיר { $device } כבוי.
finding-pusher-is-not-confirmed = האפליקציה ב־{ $device } לא אישרה שהיא רוצה התראות.
finding-pushes-do-not-arrive = המכשיר { $device } לא משך דבר ממה שנשלחה לו עליו התראה מאז { $since }.
finding-handle-is-shared = למכשיר { $device } יש אותם כללים כמו למכשיר אחר, כי לשניהם הכינוי { $handle }.
finding-device-rules-without-a-pusher = יש כללים לכינוי { $handle }, ואין מכשיר עם הכינוי הזה.
finding-calls-cannot-ring = שיחות לא יכולות לצלצל ב־{ $device } בגלל הכלל הזה: { $rule }.
finding-calls-in-a-room-cannot-ring = שיחות בחדר { $room } לא יכולות לצלצל ב־{ $device } בגלל הכלל הזה: { $rule }.
finding-mentions-in-encrypted-rooms-are-hidden = { $count ->
    [one] השרת לא יכול לראות אזכורים בחדר מוצפן אחד, ו־{ $device }, שיכול לראות אותם, לא מקבל את ההודעות ממנו.
    [two] השרת לא יכול לראות אזכורים בשני חדרים מוצפנים, ו־{ $device }, שיכול לראות אותם, לא מקבל את ההודעות מהם.
   *[other] השרת לא יכול לראות אזכורים ב־{ $count } חדרים מוצפנים, ו־{ $device }, שיכול לראות אותם, לא מקבל את ההודעות מהם.
}
finding-rule-contradicts-itself = הכלל { $rule } לעולם לא יתאים, כי התנאים שלו סותרים זה את זה.
finding-rule-has-an-unknown-condition = הכלל { $rule } לעולם לא יתאים, כי אחד התנאים שלו לא מוכר לשרת.
finding-rule-is-shadowed = הכלל { $rule } לעולם לא יתאים, כי כלל אחר בא לפניו ומתאים לאותם אירועים: { $other }.
finding-rule-for-a-room-that-was-left = הכלל { $rule } נוגע לחדר שאינך נמצא בו.
finding-room-is-muted-twice = החדר { $room } מושתק על ידי שני כללים: { $other } ו־{ $rule }.
advice-no-pusher = יש להיכנס עם אפליקציה במכשיר שלך ולאשר את ההתראות שלה.
advice-notifications-are-off = יש להפעיל אותן כדי לקבל עדכונים כלשהם.
advice-no-process-delivers = יש לפנות למנהלי השרת. שום דבר לא הולך לאיבוד.
advice-pusher-is-failing = השרת ינסה שוב מעצמו. אם האפליקציה כבר לא במכשיר, אפשר למחוק את המכשיר הזה; אחרת יש לתקן את השער שלו.
advice-pusher-is-retrying = השרת ינסה שוב מעצמו, ודבר לא הולך לאיבוד.
advice-pusher-was-removed = יש לפתוח את האפליקציה במכשיר כדי שתירשם שוב לקבלת התראות.
advice-pusher-is-disabled = יש להפעיל אותו כדי לקבל בו התראות.
advice-pusher-is-not-confirmed = יש לפתוח את האפליקציה במכשיר.
advice-pushes-do-not-arrive = יש לפתוח את האפליקציה במכשיר, ולבדוק שהמכשיר מחובר לרשת ושהמערכת שלו מאפשרת לאפליקציה לקבל התראות ולפעול ברקע.
advice-handle-is-shared = אם זה לא במכוון, אפשר לתת למכשיר הזה כינוי משלו.
advice-device-rules-without-a-pusher = הם יחולו שוב כשאפליקציה תירשם עם הכינוי הזה.
advice-calls-cannot-ring = אפשר לשנות את הכלל הזה או להוסיף כלל לשיחות.
advice-calls-in-a-room-cannot-ring = אפשר לאפשר לשיחות בחדר הזה לצלצל, או להשאיר אותו מושתק.
advice-mentions-in-encrypted-rooms-are-hidden = כדאי לשלוח למכשיר הודעות מוצפנות, כדי שיוכל לחפש בהן אזכורים.
advice-rule-has-an-unknown-condition = יש לתקן את הכלל או למחוק אותו.
advice-rule-contradicts-itself = יש לתקן את הכלל או למחוק אותו.
advice-rule-is-shadowed = יש למחוק אחד מהם או לשנות את הסדר שלהם.
advice-rule-for-a-room-that-was-left = אפשר למחוק את הכלל אם אין כוונה לחזור.
advice-room-is-muted-twice = כדי לקבל שוב התראות מהחדר צריך למחוק את שניהם. אפשר למחוק אחד מהם עכשיו.
remedy-delete-rule = מחיקת { $rule }
remedy-enable-rule = הפעלת { $rule }
remedy-disable-rule = כיבוי { $rule }
remedy-let-calls-ring = לאפשר לשיחות לצלצל ב־{ $device }
remedy-send-encrypted-messages = שליחת כל ההודעות המוצפנות אל { $device }
remedy-enable-pusher = הפעלת { $device }
remedy-delete-pusher = מחיקת { $device }
remedy-send-a-test = שליחת בדיקה אל { $device }
remedy-own-handle-with-the-rules = לתת ל־{ $device } כינוי משלו, עם עותק של הכללים
remedy-own-handle-without-rules = לתת ל־{ $device } כינוי משלו, ללא כללים

## Devices
devices-title = מכשירים
devices-about = האפליקציות שהשרת הזה שולח אליהן התראות עבורך, מה הן עושות ומה לא תקין בהן.
devices-none = עדיין אין לך מכשיר שמקבל התראות
devices-none-about = המסך הראשון מראה איך להוסיף מכשיר.
devices-removed = הוסרו ב־30 הימים האחרונים
devices-device = מכשיר
devices-when = הוסר
devices-why = למה
device-arrived-unknown = לא ידוע: האפליקציה לא מושכת את מה שנמסר לה
device-error = שגיאה אחרונה
device-held = מעוכב עד
device-waiting = תור
device-gateway = שער
device-gateway-none = אין
device-handle = כינוי
device-handle-none = אין
device-app = App id
device-settings = הגדרות
device-enabled = התראות במכשיר הזה
device-badges = שליחת המספר לסמל האפליקציה
device-hold = בזמן פעילות שלך במכשיר אחר, להמתין
device-hold-hint = מה שייקרא שם בזמן הזה לא יישלח למכשיר הזה.
device-hold-none = ללא המתנה
removed-deleted = נמחק על ידך או על ידי האפליקציה שלך
removed-rejected = השער שלו דיווח שהמכשיר כבר לא קיים
removed-device-removed = בוצעה יציאה במכשיר
removed-taken-over = משתמש אחר נכנס במכשיר
removed-account-closed = החשבון נסגר
removed-unsubscribed = המינוי הסתיים
removed-address-removed = הכתובת הוסרה
removed-not-confirmed = האפליקציה שלו לא אישרה אותו

## Try a rule
try-title = ניסוי כלל
try-about = דבר לא נשלח ולא נשמר עד לשמירת הכלל.
try-event = האירוע
try-room-hint = חדר שהצטרפת אליו, בשביל החברים בו והשם שלך שם. אפשר להשאיר ריק.
try-event-json = האירוע כ־JSON
try-bad-event = האירוע אינו JSON: { $error }
try-rule = הכלל
try-subject = חל על
try-subject-word = הודעות עם מילה
try-subject-room = הכול בחדר
try-subject-sender = הכול מאדם מסוים
try-subject-conditions = תנאים אישיים
try-value-word = מילה; * ו־? מייצגים אותיות כלשהן
try-value-room = מזהה חדר
try-value-sender = מזהה משתמש
try-value-conditions = תנאים כרשימת JSON
try-effect = מה הוא אמור לעשות
try-effect-ring = לצלצל
try-effect-highlight = לצלצל ולהדגיש
try-effect-quiet = להתריע ללא צליל
try-effect-mute = לא להתריע
try-scope = היכן
try-all-devices = כל המכשירים
try-do = ניסוי
try-result = מה היה קורה
try-counts = האירוע היה שולח לך התראה.
try-counts-not = האירוע לא היה שולח לך התראה.
try-no-devices = עדיין אין לך מכשיר, ולכן דבר לא היה מצלצל.
try-rings = מצלצל
try-silent = התראה שקטה
try-nothing = כלום
try-handle = כינוי { $handle }
try-save-account = שמירה לחשבון הזה
try-save-device = שמירה למכשיר הזה
try-saved = נשמר

preview-title = { $count ->
    [one] האירוע האחרון שלך עם הכלל הזה
    [two] שני האירועים האחרונים שלך עם הכלל הזה
   *[other] { $count } האירועים האחרונים שלך עם הכלל הזה
}
preview-account = מוני הודעות שלא נקראו
preview-none = דבר לא משתנה
preview-rings = { $count ->
    [one] אחד נוסף מצלצל
    [two] שניים נוספים מצלצלים
   *[other] { $count } נוספים מצלצלים
}
preview-silent = { $count ->
    [one] אחד משתתק
    [two] שניים משתתקים
   *[other] { $count } משתתקים
}
preview-differs = { $count ->
    [one] אחד נשמע אחרת
    [two] שניים נשמעים אחרת
   *[other] { $count } נשמעים אחרת
}
preview-cut = הכללים כבדים מדי לבדיקה על כולם.
change-rings = מצלצל
change-silent = משתתק
change-differs = נשמע אחרת

## A path without a screen
missing-title = אין מסך כזה
missing-about = אין בקונסולה מסך בכתובת הזו.

## Administration
admin-title = ניהול
admin-about = השערים והמכשירים של כל המשתמשים. הודעות וכתובות של מכשירים לא מוצגות כאן.
admin-alarms = אזעקות
admin-no-alarms = אין אזעקה
admin-alarm = ב{ $window } האחרונה הגיעו { $share } מההתראות שנשלחו דרך { $gateway }; בדרך כלל מגיעות { $usual }.
admin-window-hour = שעה
admin-window-day = יממה
admin-trouble = { $app }: { $reason }, מאז { $since }
admin-gateways = שערים
admin-no-gateways = עדיין אין מכשיר עם שער.
admin-gateway = שער
admin-gateway-others = שערים אחרים
admin-devices = מכשירים
admin-failing = נכשלים
admin-queue = ממתינות
admin-oldest = נכשל מאז
admin-hour = הגיעו בשעה האחרונה
admin-day = הגיעו ביממה האחרונה
admin-usual = בדרך כלל
admin-share-unknown = לא ידוע
admin-apps = אפליקציות של השער של השרת הזה
admin-no-apps = אין אפליקציה בשער של השרת הזה.
admin-app = אפליקציה
admin-app-state = מצב
admin-app-waiting = בקשות
admin-app-requests = { $running } בביצוע, { $waiting } בהמתנה
admin-app-expires = תפוגת פרטי הגישה
admin-app-ok = פועלת
admin-app-degraded = פועלת חלקית
admin-app-failing = נכשלת
admin-app-alarmed = מסרבת לרוב המכשירים
admin-states = מצבי המכשירים
admin-state-count = { $count ->
    [one] מכשיר אחד
    [two] שני מכשירים
   *[other] { $count } מכשירים
}
admin-users = המכשירים של המשתמשים
admin-user = משתמש
admin-find = חיפוש משתמש או מכשיר
admin-no-users = לא נמצא מכשיר.
admin-error = שגיאה אחרונה
admin-more = טעינת עוד
resend-do = שליחה חוזרת
resend-to = אל { $name }

## משתמשים
users-title = משתמשים
users-about = החשבונות של השרת הזה. שינוי חל מיד.
users-find = מזהה משתמש או שם תצוגה
users-search = חיפוש
users-none = לא נמצא משתמש.
users-seen = הבקשה האחרונה
users-admin = מנהל
users-active = פעיל
users-locked = נעול
users-suspended = מושעה
users-lock = נעילה
users-unlock = ביטול הנעילה
users-suspend = השעיה
users-unsuspend = סיום ההשעיה
users-lock-about = עד לביטול הנעילה לא ניתן להשתמש בחשבון של { $user }, ודבר לא נשלח למכשירים שלו.
users-unlock-about = ניתן שוב להשתמש בחשבון של { $user }, והמכשירים שלו מקבלים שוב התראות.
users-suspend-about = עד לסיום ההשעיה החשבון של { $user } יכול לקרוא, אבל לא לשלוח או לשנות דברים שאחרים רואים.
users-unsuspend-about = החשבון של { $user } יכול שוב לשלוח ולשנות דברים שאחרים רואים.
