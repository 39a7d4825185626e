## Everywhere
skip = رفتن به محتوا
close = بستن
cancel = لغو
nav-label = صفحه‌ها
sign-out = خروج
copy-link = کپی پیوند
copy-json = کپی به‌صورت JSON
copy-done = کپی شد
copy-failed = مرورگر شما اجازهٔ کپی نداد
clock-differs = ساعت این مرورگر با ساعت سرور { $by } اختلاف دارد. زمان‌های زیر به ساعت سرور هستند.
theme-label = پوسته: { $theme }
theme-system = مطابق سیستم
theme-light = روشن
theme-dark = تیره
language-label = زبان
time-now = همین حالا
time-never = هرگز

## States of every screen
state-loading = در حال بارگیری
state-slow = سرور بیشتر از معمول طول می‌دهد. همچنان منتظریم.
state-offline = سرور در دسترس نیست
state-forbidden = اجازهٔ دیدن این صفحه را ندارید
state-missing = چیزی که اجازهٔ دیدنش را داشته باشید اینجا نیست
state-failed = سرور نتوانست پاسخ دهد
state-retry = تلاش دوباره

## Sign in
sign-in-title = Belfry
sign-in-about = چرا زنگ زد؟ چرا نزد؟ با حساب Matrix خود در این سرور وارد شوید.
sign-in-user = نام کاربری
sign-in-user-hint = برای نمونه alice یا ‎@alice:example.org
sign-in-password = گذرواژه
sign-in-token = توکن دسترسی
sign-in-token-hint = از یک برنامه یا اسکریپت. پس از خروج شما از اینجا معتبر می‌ماند.
sign-in-token-of-link = همراه پیوندی بود که باز کردید.
sign-in-registration = توکن ثبت‌نام
sign-in-registration-hint = از یکی از مدیران این سرور.
sign-in-registration-refused = این توکن ثبت‌نام ناشناخته، مصرف‌شده یا منقضی است
sign-in-do = ورود
sign-in-create = ساختن حساب
sign-in-with-account = ساختن یک حساب
sign-in-new-user-hint = حروف کوچک لاتین، رقم‌ها و . _ = / -
sign-in-busy = در حال ورود…
sign-in-with-token = استفاده از توکن دسترسی
sign-in-with-password = استفاده از گذرواژه
sign-in-refused = نام کاربری یا گذرواژه نادرست است
sign-in-token-refused = سرور این توکن دسترسی را نمی‌شناسد

## Keys
keys-title = کلیدها
keys-filter = رفتن به فیلتر
keys-next = ردیف بعدی
keys-previous = ردیف قبلی
keys-open = باز کردن ردیف
keys-back = خروج از فیلد یا بازگشت به فهرست
keys-test = رفتن به نخستین دکمهٔ آزمایش
keys-help = همین فهرست
keys-switch = استفاده از کلیدهای تک‌حرفی

## Today
today-title = امروز
today-devices = دستگاه‌های شما
today-recent = رویدادهای اخیر
today-all = همهٔ مسیرها
device-success = آخرین اعلان
device-failing = ناموفق از
device-arrived = پس از { $after } رسید
device-last-arrived = آخرین دریافت
device-usually = معمولاً پس از { $after }
device-not-seen = { $count ->
    [one] آخرین اعلان نرسید
   *[other] { $count } اعلان آخر نرسیدند
}
device-queued = { $count ->
    [one] { $count } در انتظار
   *[other] { $count } در انتظار
}
pusher-ok = زنگ می‌زند
pusher-unused = هنوز استفاده نشده
pusher-pending = برنامه‌اش تأیید نکرده
pusher-retrying = در حال تلاش دوباره
pusher-failing = ناموفق
pusher-off = خاموش
pusher-not-seen = فرستاده شد، ولی دریافت نشد
test-send = فرستادن آزمایش
test-to = به { $name }
test-busy = در حال فرستادن…
test-ok = فرستاده شد
test-rejected = پس زده شد: برنامه چنین دستگاهی ندارد
test-unreachable = درگاه در دسترس نیست
test-rate-limited = درگاه می‌خواهد صبر کنید
test-not-registered = این دستگاه دیگر وجود ندارد
test-blocked = نشانی درگاه مجاز نیست
test-disabled = دستگاه خاموش است
test-not-activated = برنامه دستگاه را تأیید نکرده است
test-unsupported = این نوع دستگاه آزمایش ندارد
first-title = هنوز هیچ دستگاهی از شما اعلان دریافت نمی‌کند
first-about = برنامه به سرور می‌گوید اعلان‌ها را به کجا بفرستد؛ به این pusher می‌گویند. برای داشتن آن دو راه هست:
first-client = در Element X، FluffyChat یا SchildiChat با نام { $user } و سرور { $server } وارد شوید و اعلان‌ها را مجاز کنید.
first-curl = یا یک صندوق آزمایشی در این سرور بسازید. TOKEN یک توکن دسترسی شماست:
first-waiting = در انتظار نخستین دستگاه شما. این صفحه خودش به‌روز می‌شود.

ring-do = زنگ زدن به این مرورگر
ring-step-permission = مرورگر شما می‌پرسد که آیا اجازهٔ نمایش اعلان دارد…
ring-step-subscribe = در حال اشتراک در سرویس Push مرورگر شما…
ring-step-confirm = در انتظار نخستین Push…
ring-step-ring = در حال زنگ زدن…
ring-done = فرستاده شد. مرورگر شما اکنون یک اعلان نشان می‌دهد.
ring-denied = مرورگر شما اجازهٔ اعلان به این صفحه نمی‌دهد. در تنظیمات مرورگر برای این سایت اجازه دهید.
ring-off = این سرور Web Push ندارد (تنظیم push.web_push).
ring-no-service = مرورگر شما نتوانست در سرویس Push خود مشترک شود.
ring-not-confirmed = نخستین Push در ۲۰ ثانیه نرسید. بررسی کنید که سرور به اینترنت دسترسی دارد.
ring-unsupported = برای زنگ زدن به این مرورگر، کنسول را با https یا در localhost باز کنید.
ring-app = کنسول Belfry
ring-device = این مرورگر
ring-title = زنگ می‌زند
ring-text = Belfry به این مرورگر می‌رسد.

## Journeys
journeys-title = مسیرها
journeys-event = باز کردن با شناسهٔ رویداد
list-event = رویداد
list-why = چرا
list-no-devices = بدون دستگاه
list-older = بارگیری قدیمی‌ترها
list-news = { $count ->
    [one] { $count } مورد تازه
   *[other] { $count } مورد تازه
}
list-total = { $count ->
    [one] { $count } مسیر
   *[other] { $count } مسیر
}
list-total-at-least = { $count ->
    [one] دست‌کم { $count } مسیر
   *[other] دست‌کم { $count } مسیر
}
list-none = هنوز چیزی رخ نداده است
list-none-about = هر پیامی که کسی برایتان بفرستد خودبه‌خود اینجا می‌آید، با دلیل اینکه چرا زنگ زد یا نزد.
list-none-match = هیچ مسیری مطابقت ندارد
list-none-match-about = یک فیلتر را بردارید یا صبر کنید: مسیرهای تازه خودبه‌خود پدیدار می‌شوند.
live-connecting = در حال اتصال
live-live = زنده
live-paused = متوقف
live-failed = هر ۵ ثانیه
live-pause = توقف
live-resume = ادامه
filter-state = وضعیت
filter-device = دستگاه
filter-since = زمان
filter-room = شناسهٔ اتاق
filter-all = همه
filter-clear = پاک کردن فیلترها
since-1h = یک ساعت گذشته
since-24h = ۲۴ ساعت گذشته
since-7d = ۷ روز گذشته
device-state-sent = فرستاده شد
device-state-waiting = در انتظار
device-state-held = نگه داشته شده
device-state-failing = ناموفق
device-state-silent = ساکت
device-state-read-first = پیش‌تر خوانده شد
device-state-skipped = رد شد
device-state-dropped = پذیرفته نشد
device-state-rejected = پس زده شد
device-state-off = خاموش
device-state-unknown = نامعلوم
type-m-room-message = پیام
type-m-room-encrypted = پیام رمزنگاری‌شده
type-m-room-member = عضویت
type-m-call-invite = تماس
type-m-sticker = برچسب تصویری
type-m-room-topic = موضوع
type-m-room-name = نام اتاق
type-m-room-tombstone = ارتقای اتاق
type-m-poll-start = نظرسنجی

## One journey
journey-title = مسیر یک رویداد
journey-decision = تصمیم
journey-devices = دستگاه‌ها
journey-no-devices = دستگاهی وجود نداشت
journey-no-devices-about = هنگام فرستادن رویداد، این کاربر برنامه‌ای نداشت که اعلان دریافت کند.
journey-rule = قاعدهٔ تعیین‌کننده:
journey-rules = قاعده‌های اعلان به ترتیب بررسی
journey-rules-changed = قاعده‌ها از آن زمان تغییر کرده‌اند. فهرست قاعده‌های کنونی را نشان می‌دهد؛ تصمیم همان است که ذخیره شده.
journey-try = آزمودن یک قاعده روی این رویداد
journey-removed = برداشته شد
journey-untraced = سرور مسیرها را ثبت نمی‌کند (تنظیم trace.enabled)، پس تلاش‌ها در دست نیست.
fact-when = زمان ارسال
fact-sender = فرستنده
fact-room = اتاق
fact-type = نوع
fact-user = مسیر برای
fact-read = خوانده‌شده
fact-read-yes = بله
fact-read-no = هنوز نه
fact-event = شناسهٔ رویداد
step-attempt = تلاش { $number }
step-status = وضعیت { $status }
step-next = تلاش بعدی
step-unknown = نامعلوم
step-waiting = در انتظار
step-held = نگه داشته شده

step-sent = فرستاده شد
step-fetched = رسید
step-rejected = پس زده شد
step-dropped = پذیرفته نشد
step-skipped = فرستاده نشد
step-cleared = برداشته شد
step-not-queued = فرستاده نشد
step-not-seen = دریافت نشد
step-gateway = در درگاه
reason-no-rule-matched = هیچ قاعده‌ای مطابقت نداشت
reason-not-kept = دیگر معلوم نیست
reason-wakes-only = دستگاه را بیدار می‌کند
reason-rules-failed = قاعده‌ها با خطا روبه‌رو شدند
reason-not-fetched = دریافت نشد
reason-read = پیش‌تر خوانده شد
reason-gateway-failing = درگاه خطا می‌دهد
reason-mail-server-failing = سرور ایمیل خطا می‌دهد
reason-suppressed-by-a-device-rule = در این دستگاه ساکت شد
reason-does-not-notify = اعلان نمی‌دهد
reason-in-the-app-only = فقط در برنامه
reason-collapsed = جایگزین با موردی تازه‌تر
reason-active-elsewhere = نگه داشته شده: فعال در دستگاه دیگر
reason-no-pushers = بدون دستگاه
reason-set-after-the-event = بعداً تنظیم شد
reason-pusher-disabled = دستگاه خاموش بود
reason-disabled = دستگاه خاموش است
reason-not-activated = برنامه‌اش تأیید نکرده
reason-own-event = رویداد خودتان
reason-not-a-member = عضو نیست
reason-sender-is-ignored = فرستنده نادیده گرفته شده
reason-redacted = پیام حذف‌شده
reason-not-by-e-mail = نه با ایمیل
remedy-2xx = درگاه پاسخ داد، ولی اعلان را نگرفت. گردانندهٔ آن می‌تواند دلیل را در گزارش‌هایش پیدا کند.
remedy-3xx = درگاه با تغییر مسیر پاسخ داد. pusher را با نشانی نهایی تنظیم کنید.
remedy-4xx = درگاه درخواست را نمی‌پذیرد. app id و نشانی pusher را بررسی کنید.
remedy-5xx = درگاه ایراد دارد. سرور خودش دوباره تلاش می‌کند.
remedy-connection-refused = چیزی در نشانی درگاه گوش نمی‌دهد. بررسی کنید که اجرا می‌شود و پورت آن درست است.
remedy-dns = نام میزبان درگاه وجود ندارد. نشانی pusher را بررسی کنید.
remedy-timeout = درگاه به‌موقع پاسخ نداد. سرور خودش دوباره تلاش می‌کند.
remedy-tls = گواهی درگاه معتبر نیست. آن را تمدید کنید یا مرجع صدورش را با push.extra_ca بیفزایید.
remedy-blocked-by-the-IP-policy = این نشانی عمومی نیست. اگر به آن اعتماد دارید، با push.allow_ip_ranges مجازش کنید.

## Rules
rules-not-matched = { $count ->
    [one] { $count } قاعده مطابقت نداشت
   *[other] { $count } قاعده مطابقت نداشتند
}
rules-not-reached = { $count ->
    [one] به { $count } قاعدهٔ دیگر نیازی نبود.
   *[other] به { $count } قاعدهٔ دیگر نیازی نبود.
}
verdict-matched = مطابقت داشت
verdict-wakes-only = دستگاه را بیدار می‌کند
verdict-no-match = بدون مطابقت
verdict-disabled = خاموش
verdict-malformed = نادرست
verdict-not-evaluated = بررسی نشده
check-holds = برقرار است
check-fails = برقرار نیست
check-expected = مورد انتظار
check-actual = واقعی
check-nothing = هیچ
condition-event-match = رویداد با یک الگو مطابقت دارد
condition-event-property-is = یک ویژگی رویداد مقدار معینی دارد
condition-event-property-contains = فهرستی در رویداد مقدار معینی را دربر دارد
condition-contains-display-name = متن نام شما را دربر دارد
condition-room-member-count = اتاق تعداد معینی عضو دارد
condition-sender-notification-permission = فرستنده اجازه دارد به اتاق اعلان بدهد
rule-own = قاعدهٔ شخصی { $id } ({ $kind })
rule-device = فقط { $handle }
kind-override = override
kind-content = واژه
kind-room = اتاق
kind-sender = فرستنده
kind-underride = underride
rule-m-rule-master = همه‌چیز بی‌صداست
rule-m-rule-suppress-notices = پیام‌های ربات‌ها
rule-m-rule-invite-for-me = دعوت از شما
rule-m-rule-member-event = تغییرات اعضا
rule-m-rule-is-user-mention = اشاره به شما
rule-m-rule-contains-display-name = نام شما در متن
rule-m-rule-is-room-mention = اشاره به اتاق
rule-m-rule-roomnotif = ‏‎@room در متن
rule-m-rule-tombstone = ارتقای اتاق‌ها
rule-m-rule-reaction = واکنش‌ها
rule-m-rule-room-server-acl = فهرست‌های سرور اتاق‌ها
rule-m-rule-suppress-edits = ویرایش پیام‌ها
rule-m-rule-contains-user-name = نام کاربری شما در متن
rule-m-rule-call = تماس‌ها
rule-m-rule-encrypted-room-one-to-one = پیام‌های رمزنگاری‌شدهٔ دونفره
rule-m-rule-room-one-to-one = پیام‌های دونفره
rule-m-rule-message = پیام‌ها
rule-m-rule-encrypted = پیام‌های رمزنگاری‌شده

## The table of rules
rules-title = قاعده‌ها
rules-about = چه چیزی کجا زنگ می‌زند. قاعدهٔ دستگاه پیش از قاعده‌های حساب و فقط برای همان دستگاه تصمیم می‌گیرد. شمار خوانده‌نشده‌ها تنها تابع حساب است.
rules-account = حساب
rules-device = دستگاه
rules-filter = یافتن اتاق
rules-rooms = اتاق‌ها
rules-senders = افراد
rules-contents = واژه‌ها
rules-room = اتاق
rules-sender = فرد
rules-content = واژه
rules-no-rooms = اتاقی پیدا نشد.
rules-no-senders = هیچ قاعده‌ای برای فردی نیست.
rules-no-contents = هیچ قاعده‌ای برای واژه‌ای نیست.
rules-more = نمایش بیشتر
rules-cell = { $what }، { $where }
rules-effect = نتیجه
rules-period = به مدت
rules-save = ذخیره
rules-add = افزودن
rules-add-sender = شناسهٔ کاربری یک فرد
rules-add-content = واژه؛ * و ? به جای هر حرفی می‌آیند
rules-other = قاعده‌های دیگر
rules-own = قاعده‌های شرطی شما
rules-defaults = قاعده‌های پیش‌فرض
rules-rule = قاعده
rules-state = وضعیت
rules-actions = تغییر
rules-on = روشن
rules-off = خاموش
rules-switch-on = روشن کردن
rules-switch-off = خاموش کردن
rules-delete = حذف
rules-ends = پایان
effect-inherits = مثل همیشه
effect-muted = بی‌صدا
effect-mentions = فقط اشاره‌ها
effect-silent = ساکت
effect-quiet = اعلان بدون صدا
effect-rings = زنگ می‌زند
effect-highlight = زنگ می‌زند و برجسته می‌کند
period-always = همیشه
period-hour = یک ساعت
period-work = هشت ساعت
period-day = یک روز

## The doctor
doctor-title = عیب‌یابی
doctor-nothing = هیچ چیز جلوی رسیدن اعلان‌های شما را نمی‌گیرد
doctor-more = { $count ->
    [one] پس از رفع این موارد، { $count } یافتهٔ دیگر پدیدار می‌شود.
   *[other] پس از رفع این موارد، { $count } یافتهٔ دیگر پدیدار می‌شوند.
}
severity-problem = مشکل
severity-warning = هشدار
severity-hint = نکته
finding-busy = در حال تغییر…
finding-done = انجام شد
finding-no-pusher = هیچ دستگاهی از شما اعلان دریافت نمی‌کند.
finding-notifications-are-off = همهٔ اعلان‌ها خاموش‌اند.
finding-no-process-delivers = سرور در حال حاضر اعلانی نمی‌فرستد. اعلان‌ها تا از سر گرفتن ارسال منتظر می‌مانند.
finding-pusher-is-failing = اعلان‌ها به { $device } از { $since } ناموفق بوده‌اند.
finding-pusher-is-retrying = اعلان‌ها به { $device } از { $since } ناموفق بوده‌اند.
finding-pusher-is-disabled = { $device } خاموش است.
finding-pusher-is-not-confirmed = برنامهٔ روی { $device } تأیید نکرده که اعلان می‌خواهد.
finding-pushes-do-not-arrive = { $device } از { $since } هیچ‌یک از چیزهایی را که اعلانش را گرفته، دریافت نکرده است.
finding-handle-is-shared = { $device } همان قاعده‌های دستگاه دیگری را دارد، چون هر دو برچسب { $handle } دارند.
finding-device-rules-without-a-pusher = قاعده‌هایی برای برچسب { $handle } هست، ولی هیچ دستگاهی این برچسب را ندارد.
finding-calls-cannot-ring = تماس‌ها نمی‌توانند در { $device } زنگ بزنند، به دلیل این قاعده: { $rule }.
finding-calls-in-a-room-cannot-ring = تماس‌های { $room } نمی‌توانند در { $device } زنگ بزنند، به دلیل این قاعده: { $rule }.
finding-mentions-in-encrypted-rooms-are-hidden = { $count ->
    [one] سرور نمی‌تواند اشاره‌ها را در یک اتاق رمزنگاری‌شده ببیند، و { $device } که می‌تواند، از پیام‌های آن باخبر نمی‌شود.
   *[other] سرور نمی‌تواند اشاره‌ها را در { $count } اتاق رمزنگاری‌شده ببیند، و { $device } که می‌تواند، از پیام‌های آن‌ها باخبر نمی‌شود.
}
finding-rule-contradicts-itself = { $rule } هرگز مطابقت پیدا نمی‌کند، چون شرط‌هایش با هم ناسازگارند.
finding-rule-has-an-unknown-condition = { $rule } هرگز مطابقت پیدا نمی‌کند، چون سرور یکی از شرط‌هایش را نمی‌شناسد.
finding-rule-is-shadowed = { $rule } هرگز مطابقت پیدا نمی‌کند، چون این قاعده پیش از آن می‌آید و با همان‌ها مطابقت دارد: { $other }.
finding-rule-for-a-room-that-was-left = { $rule } برای اتاقی است که در آن نیستید.
finding-room-is-muted-twice = { $room } با دو قاعده بی‌صدا شده است: { $other } و { $rule }.
advice-no-pusher = با یک برنامه در دستگاه خود وارد شوید و اعلان‌هایش را مجاز کنید.
advice-notifications-are-off = برای باخبر شدن، آن‌ها را روشن کنید.
advice-no-process-delivers = از مدیران سرور بپرسید. چیزی از دست نمی‌رود.
advice-pusher-is-failing = سرور خودش دوباره تلاش می‌کند. اگر برنامه دیگر روی دستگاه نیست، این دستگاه را حذف کنید؛ وگرنه درگاه آن باید درست شود.
advice-pusher-is-retrying = سرور خودش دوباره تلاش می‌کند و چیزی از دست نمی‌رود.
advice-pusher-was-removed = برنامه را روی دستگاه باز کنید تا دوباره برای اعلان‌ها ثبت شود.
advice-pusher-is-disabled = برای دریافت اعلان در آن، روشنش کنید.
advice-pusher-is-not-confirmed = برنامه را روی دستگاه باز کنید.
advice-pushes-do-not-arrive = برنامه را روی دستگاه باز کنید. بررسی کنید که دستگاه آنلاین است و سیستمش به برنامه اجازه می‌دهد اعلان بگیرد و در پس‌زمینه اجرا شود.
advice-handle-is-shared = اگر این خواستهٔ شما نیست، برچسب جداگانه‌ای به این دستگاه بدهید.
advice-device-rules-without-a-pusher = وقتی برنامه‌ای با این برچسب ثبت شود، دوباره اعمال می‌شوند.
advice-calls-cannot-ring = آن قاعده را تغییر دهید یا قاعده‌ای برای تماس‌ها بیفزایید.
advice-calls-in-a-room-cannot-ring = بگذارید تماس‌های این اتاق زنگ بزنند، یا آن را بی‌صدا نگه دارید.
advice-mentions-in-encrypted-rooms-are-hidden = پیام‌های رمزنگاری‌شده را به دستگاه بفرستید تا بتواند اشاره‌ها را در آن‌ها بیابد.
advice-rule-has-an-unknown-condition = قاعده را اصلاح یا حذف کنید.
advice-rule-contradicts-itself = قاعده را اصلاح یا حذف کنید.
advice-rule-is-shadowed = یکی از آن‌ها را حذف کنید یا ترتیبشان را تغییر دهید.
advice-rule-for-a-room-that-was-left = اگر قصد بازگشت ندارید، قاعده را حذف کنید.
advice-room-is-muted-twice = برای باخبر شدن دوباره از اتاق، هر دو باید حذف شوند. اکنون یکی را حذف کنید.
remedy-delete-rule = حذف { $rule }
remedy-enable-rule = روشن کردن { $rule }
remedy-disable-rule = خاموش کردن { $rule }
remedy-let-calls-ring = اجازهٔ زنگ تماس‌ها در { $device }
remedy-send-encrypted-messages = فرستادن همهٔ پیام‌های رمزنگاری‌شده به { $device }
remedy-enable-pusher = روشن کردن { $device }
remedy-delete-pusher = حذف { $device }
remedy-send-a-test = فرستادن آزمایش به { $device }
remedy-own-handle-with-the-rules = دادن برچسب جداگانه به { $device }، با رونوشتی از قاعده‌ها
remedy-own-handle-without-rules = دادن برچسب جداگانه به { $device }، بدون قاعده

## Devices
devices-title = دستگاه‌ها
devices-about = برنامه‌هایی که این سرور برایتان به آن‌ها اعلان می‌دهد، کاری که می‌کنند و ایرادی که دارند.
devices-none = هنوز هیچ دستگاهی از شما اعلان دریافت نمی‌کند
devices-none-about = صفحهٔ نخست راه افزودن دستگاه را نشان می‌دهد.
devices-removed = برداشته‌شده در ۳۰ روز گذشته
devices-device = دستگاه
devices-when = زمان برداشتن
devices-why = چرا
device-arrived-unknown = نامعلوم: برنامه آنچه را به آن گفته می‌شود دریافت نمی‌کند
device-error = آخرین خطا
device-held = نگه داشته شده تا
device-waiting = صف
device-gateway = درگاه
device-gateway-none = ندارد
device-handle = برچسب
device-handle-none = ندارد
device-app = App id
device-settings = تنظیمات
device-enabled = اعلان‌ها در این دستگاه
device-badges = فرستادن عدد برای نماد برنامه
device-hold = هنگام فعالیت شما در دستگاهی دیگر، صبر کردن به مدت
device-hold-hint = آنچه در این مدت آنجا بخوانید، به این دستگاه فرستاده نمی‌شود.
device-hold-none = بدون انتظار
removed-deleted = شما یا برنامهٔ شما آن را حذف کرد
removed-rejected = درگاهش گزارش داد که دستگاه دیگر نیست
removed-device-removed = دستگاه از حساب خارج شد
removed-taken-over = کاربر دیگری در دستگاه وارد شد
removed-account-closed = حساب بسته شد
removed-unsubscribed = اشتراک پایان یافت
removed-address-removed = نشانی برداشته شد
removed-not-confirmed = برنامه‌اش آن را تأیید نکرد

## Try a rule
try-title = آزمودن قاعده
try-about = تا وقتی قاعده را ذخیره نکنید، چیزی فرستاده یا ذخیره نمی‌شود.
try-event = رویداد
try-room-hint = اتاقی که عضو آن هستید، برای اعضایش و نام شما در آن. می‌تواند خالی باشد.
try-event-json = رویداد به‌صورت JSON
try-bad-event = رویداد JSON نیست: { $error }
try-rule = قاعده
try-subject = اعمال بر
try-subject-word = پیام‌های دارای یک واژه
try-subject-room = همه‌چیز در یک اتاق
try-subject-sender = همه‌چیز از یک فرد
try-subject-conditions = شرط‌های دلخواه
try-value-word = واژه؛ * و ? به جای هر حرفی می‌آیند
try-value-room = شناسهٔ اتاق
try-value-sender = شناسهٔ کاربر
try-value-conditions = شرط‌ها به‌صورت فهرست JSON
try-effect = باید
try-effect-ring = زنگ بزند
try-effect-highlight = زنگ بزند و برجسته کند
try-effect-quiet = بدون صدا اعلان دهد
try-effect-mute = اعلان ندهد
try-scope = در
try-all-devices = همهٔ دستگاه‌ها
try-do = آزمودن
try-result = آنچه رخ می‌داد
try-counts = این رویداد به شما اعلان می‌داد.
try-counts-not = این رویداد به شما اعلان نمی‌داد.
try-no-devices = هنوز دستگاهی ندارید، پس چیزی زنگ نمی‌زد.
try-rings = زنگ می‌زند
try-silent = بی‌صدا اعلان می‌دهد
try-nothing = هیچ
try-handle = برچسب { $handle }
try-save-account = ذخیره برای این حساب
try-save-device = ذخیره برای این دستگاه
try-saved = ذخیره شد

preview-title = { $count ->
    [one] آخرین رویداد شما با این قاعده
   *[other] { $count } رویداد آخر شما با این قاعده
}
preview-account = شمار خوانده‌نشده‌ها
preview-none = چیزی تغییر نمی‌کند
preview-rings = { $count ->
    [one] { $count } مورد دیگر زنگ می‌زند
   *[other] { $count } مورد دیگر زنگ می‌زنند
}
preview-silent = { $count ->
    [one] { $count } مورد ساکت می‌شود
   *[other] { $count } مورد ساکت می‌شوند
}
preview-differs = { $count ->
    [one] صدای { $count } مورد فرق می‌کند
   *[other] صدای { $count } مورد فرق می‌کند
}
preview-cut = بررسی قاعده‌ها روی همهٔ آن‌ها بیش از حد سنگین است.
change-rings = زنگ می‌زند
change-silent = ساکت می‌شود
change-differs = صدایش فرق می‌کند

## A path without a screen
missing-title = چنین صفحه‌ای نیست
missing-about = کنسول در این نشانی صفحه‌ای ندارد.

## Administration
admin-title = مدیریت
admin-about = درگاه‌ها و دستگاه‌های همهٔ کاربران. پیام‌ها و نشانی دستگاه‌ها اینجا نشان داده نمی‌شوند.
admin-alarms = هشدارها
admin-no-alarms = بدون هشدار
admin-alarm = در یک { $window } گذشته { $share } از اعلان‌های { $gateway } رسیدند؛ معمولاً { $usual } می‌رسند.
admin-window-hour = ساعت
admin-window-day = روز
admin-trouble = { $app }: { $reason }، از { $since }
admin-gateways = درگاه‌ها
admin-no-gateways = هنوز هیچ دستگاهی درگاه ندارد.
admin-gateway = درگاه
admin-gateway-others = درگاه‌های دیگر
admin-devices = دستگاه‌ها
admin-failing = ناموفق
admin-queue = در انتظار
admin-oldest = ناموفق از
admin-hour = رسیده، یک ساعت گذشته
admin-day = رسیده، یک روز گذشته
admin-usual = معمول
admin-share-unknown = نامعلوم
admin-apps = برنامه‌های درگاه این سرور
admin-no-apps = درگاه این سرور برنامه‌ای ندارد.
admin-app = برنامه
admin-app-state = وضعیت
admin-app-waiting = درخواست‌ها
admin-app-requests = { $running } در حال اجرا، { $waiting } در انتظار
admin-app-expires = انقضای اعتبارنامه
admin-app-ok = کار می‌کند
admin-app-degraded = تا حدی کار می‌کند
admin-app-failing = ناموفق
admin-app-alarmed = بیشتر دستگاه‌ها را نمی‌پذیرد
admin-states = وضعیت دستگاه‌ها
admin-state-count = { $count ->
    [one] { $count } دستگاه
   *[other] { $count } دستگاه
}
admin-users = دستگاه‌های کاربران
admin-user = کاربر
admin-find = یافتن کاربر یا دستگاه
admin-no-users = دستگاهی پیدا نشد.
admin-error = آخرین خطا
admin-more = بارگیری بیشتر
resend-do = فرستادن دوباره
resend-to = به { $name }

## کاربران
users-title = کاربران
users-about = حساب‌های این سرور. تغییر بی‌درنگ اعمال می‌شود.
users-find = شناسهٔ کاربر یا نام نمایشی
users-search = جستجو
users-none = کاربری پیدا نشد.
users-seen = آخرین درخواست
users-admin = مدیر
users-active = فعال
users-locked = قفل‌شده
users-suspended = معلق
users-lock = قفل کردن
users-unlock = باز کردن قفل
users-suspend = معلق کردن
users-unsuspend = پایان دادن به تعلیق
users-lock-about = تا وقتی قفل را باز نکنید، { $user } نمی‌تواند از حساب استفاده کند و چیزی به دستگاه‌هایش فرستاده نمی‌شود.
users-unlock-about = { $user } دوباره می‌تواند از حساب استفاده کند و دستگاه‌هایش دوباره اعلان می‌گیرند.
users-suspend-about = تا وقتی تعلیق را پایان ندهید، { $user } می‌تواند بخواند، اما نمی‌تواند چیزی را که دیگران می‌بینند بفرستد یا تغییر دهد.
users-unsuspend-about = { $user } دوباره می‌تواند بفرستد و آنچه دیگران می‌بینند تغییر دهد.
