## Everywhere
skip = الانتقال إلى المحتوى
close = إغلاق
cancel = إلغاء
nav-label = الشاشات
sign-out = تسجيل الخروج
copy-link = نسخ الرابط
copy-json = نسخ بصيغة JSON
copy-done = تم النسخ
copy-failed = لم يسمح متصفحك بالنسخ
clock-differs = تختلف ساعة هذا المتصفح عن ساعة الخادم بمقدار { $by }. الأوقات أدناه بحسب الخادم.
theme-label = السمة: { $theme }
theme-system = حسب النظام
theme-light = فاتحة
theme-dark = داكنة
language-label = اللغة
time-now = الآن
time-never = أبدًا

## States of every screen
state-loading = جارٍ التحميل
state-slow = يستغرق الخادم وقتًا أطول من المعتاد. ما زلنا ننتظر.
state-offline = تعذّر الوصول إلى الخادم
state-forbidden = لا يُسمح لك برؤية هذا
state-missing = لا يوجد هنا ما يمكنك رؤيته
state-failed = تعذّر على الخادم الرد
state-retry = إعادة المحاولة

## Sign in
sign-in-title = Belfry
sign-in-about = لماذا رنّ؟ ولماذا لم يرنّ؟ سجّل الدخول بحسابك في Matrix على هذا الخادم.
sign-in-user = اسم المستخدم
sign-in-user-hint = مثلًا alice أو @alice:example.org
sign-in-password = كلمة المرور
sign-in-token = رمز الوصول
sign-in-token-hint = رمز تطبيق أو برنامج نصي. يبقى صالحًا عند تسجيل خروجك من هنا.
sign-in-token-of-link = جاء مع الرابط الذي فتحته.
sign-in-registration = رمز التسجيل
sign-in-registration-hint = من أحد مديري هذا الخادم.
sign-in-registration-refused = رمز التسجيل هذا غير معروف أو استُنفد أو انتهت صلاحيته
sign-in-do = تسجيل الدخول
sign-in-create = إنشاء الحساب
sign-in-with-account = إنشاء حساب
sign-in-new-user-hint = أحرف لاتينية صغيرة وأرقام و . _ = / -
sign-in-busy = جارٍ تسجيل الدخول …
sign-in-with-token = استخدام رمز وصول
sign-in-with-password = استخدام كلمة مرور
sign-in-refused = اسم المستخدم أو كلمة المرور غير صحيحة
sign-in-token-refused = لا يعرف الخادم رمز الوصول هذا

## Keys
keys-title = المفاتيح
keys-filter = الانتقال إلى التصفية
keys-next = الصف التالي
keys-previous = الصف السابق
keys-open = فتح الصف
keys-back = مغادرة الحقل أو العودة إلى القائمة
keys-test = الانتقال إلى أول زر اختبار
keys-help = هذه القائمة
keys-switch = استخدام مفاتيح من حرف واحد

## Today
today-title = اليوم
today-devices = أجهزتك
today-recent = ما حدث مؤخرًا
today-all = كل المسارات
device-success = آخر إشعار
device-failing = متعطل منذ
device-arrived = وصل بعد { $after }
device-last-arrived = آخر وصول
device-usually = عادةً بعد { $after }
device-not-seen = { $count ->
    [zero] وصلت كل الإشعارات
    [one] لم يصل آخر إشعار
    [two] لم يصل آخر إشعارين
    [few] لم تصل آخر { $count } إشعارات
    [many] لم يصل آخر { $count } إشعارًا
   *[other] لم يصل آخر { $count } إشعار
}
device-queued = { $count ->
    [zero] لا شيء في الانتظار
    [one] إشعار واحد في الانتظار
    [two] إشعاران في الانتظار
    [few] { $count } إشعارات في الانتظار
    [many] { $count } إشعارًا في الانتظار
   *[other] { $count } إشعار في الانتظار
}
pusher-ok = يرنّ
pusher-unused = لم يُستخدم بعد
pusher-pending = لم يؤكده تطبيقه
pusher-retrying = تُعاد المحاولة
pusher-failing = متعطل
pusher-off = متوقف
pusher-not-seen = أُرسل ولم يُشاهَد
test-send = إرسال اختبار
test-to = إلى { $name }
test-busy = جارٍ الإرسال …
test-ok = أُرسل
test-rejected = مرفوض: ليس لدى التطبيق جهاز كهذا
test-unreachable = تعذّر الوصول إلى البوابة
test-rate-limited = تطلب البوابة الانتظار
test-not-registered = لم يعد هذا الجهاز موجودًا
test-blocked = عنوان البوابة غير مسموح به
test-disabled = الجهاز متوقف
test-not-activated = لم يؤكد التطبيق الجهاز
test-unsupported = لا يوجد اختبار لهذا النوع من الأجهزة
first-title = لا يتلقى أي من أجهزتك الإشعارات بعد
first-about = يُخبر التطبيق الخادم إلى أين يرسل الإشعارات؛ ويُسمى ذلك pusher. هناك طريقتان للحصول عليه:
first-client = سجّل الدخول إلى Element X أو FluffyChat أو SchildiChat باسم { $user } على الخادم { $server }، واسمح بالإشعارات.
first-curl = أو أنشئ صندوق وارد للاختبار على هذا الخادم. TOKEN هو أحد رموز الوصول الخاصة بك:
first-waiting = في انتظار جهازك الأول. تتغير هذه الصفحة تلقائيًا.

ring-do = اجعل هذا المتصفح يرنّ
ring-step-permission = يسألك متصفحك هل يُسمح له بعرض الإشعارات …
ring-step-subscribe = جارٍ الاشتراك في خدمة الدفع لمتصفحك …
ring-step-confirm = في انتظار أول إشعار دفع …
ring-step-ring = جارٍ الرنين …
ring-done = أُرسل. يعرض متصفحك إشعارًا الآن.
ring-denied = لا يسمح متصفحك بإشعارات هذه الصفحة. اسمح بها في إعداداته لهذا الموقع.
ring-off = لا يدعم هذا الخادم Web Push (الإعداد push.web_push).
ring-no-service = تعذّر على متصفحك الاشتراك في خدمة الدفع الخاصة به.
ring-not-confirmed = لم يصل أول إشعار دفع خلال 20 ثانية. تحقق من أن الخادم متصل بالإنترنت.
ring-unsupported = ليرنّ هذا المتصفح، افتح لوحة التحكم عبر https أو على localhost.
ring-app = لوحة تحكم Belfry
ring-device = هذا المتصفح
ring-title = إنه يرنّ
ring-text = يصل Belfry إلى هذا المتصفح.

## Journeys
journeys-title = المسارات
journeys-event = الفتح بمعرّف الحدث
list-event = الحدث
list-why = السبب
list-no-devices = لا يوجد جهاز
list-older = تحميل الأقدم
list-news = { $count ->
    [zero] لا جديد
    [one] مسار جديد
    [two] مساران جديدان
    [few] { $count } مسارات جديدة
    [many] { $count } مسارًا جديدًا
   *[other] { $count } مسار جديد
}
list-total = { $count ->
    [zero] لا مسارات
    [one] مسار واحد
    [two] مساران
    [few] { $count } مسارات
    [many] { $count } مسارًا
   *[other] { $count } مسار
}
list-total-at-least = { $count ->
    [zero] لا مسارات
    [one] مسار واحد على الأقل
    [two] مساران على الأقل
    [few] { $count } مسارات على الأقل
    [many] { $count } مسارًا على الأقل
   *[other] { $count } مسار على الأقل
}
list-none = لم يحدث شيء بعد
list-none-about = تظهر هنا تلقائيًا كل رسالة تُرسل إليك، مع سبب رنينها أو عدمه.
list-none-match = لا يوجد مسار مطابق
list-none-match-about = أزل عامل تصفية، أو انتظر: تظهر المسارات الجديدة تلقائيًا.
live-connecting = جارٍ الاتصال
live-live = مباشر
live-paused = متوقف مؤقتًا
live-failed = كل 5 ثوانٍ
live-pause = إيقاف مؤقت
live-resume = استئناف
filter-state = الحالة
filter-device = الجهاز
filter-since = الوقت
filter-room = معرّف الغرفة
filter-all = الكل
filter-clear = مسح عوامل التصفية
since-1h = آخر ساعة
since-24h = آخر 24 ساعة
since-7d = آخر 7 أيام
device-state-sent = أُرسل
device-state-waiting = في الانتظار
device-state-held = مؤجل
device-state-failing = متعطل
device-state-silent = صامت
device-state-read-first = قُرئ قبل ذلك
device-state-skipped = تم تخطيه
device-state-dropped = لم يُقبل
device-state-rejected = مرفوض
device-state-off = متوقف
device-state-unknown = غير معروف
type-m-room-message = رسالة
type-m-room-encrypted = رسالة مشفّرة
type-m-room-member = العضوية
type-m-call-invite = مكالمة
type-m-sticker = ملصق
type-m-room-topic = الموضوع
type-m-room-name = اسم الغرفة
type-m-room-tombstone = ترقية الغرفة
type-m-poll-start = استطلاع

## One journey
journey-title = مسار حدث
journey-decision = القرار
journey-devices = الأجهزة
journey-no-devices = لم يكن هناك جهاز
journey-no-devices-about = عند إرسال الحدث، لم يكن لدى هذا المستخدم تطبيق يتلقى الإشعارات.
journey-rule = القاعدة الحاسمة:
journey-rules = قواعد الدفع بترتيب تقييمها
journey-rules-changed = تغيرت القواعد منذ ذلك الحين. تعرض القائمة القواعد الحالية، أما القرار فهو المحفوظ.
journey-try = تجربة قاعدة على هذا الحدث
journey-removed = أُزيل
journey-untraced = لا يسجل الخادم المسارات (الإعداد trace.enabled)، لذا فالمحاولات غير متوفرة.
fact-when = وقت الإرسال
fact-sender = المرسل
fact-room = الغرفة
fact-type = النوع
fact-user = مسار المستخدم
fact-read = مقروء
fact-read-yes = نعم
fact-read-no = ليس بعد
fact-event = معرّف الحدث
step-attempt = المحاولة { $number }
step-status = الحالة { $status }
step-next = المحاولة التالية
step-unknown = غير معروف
step-waiting = في الانتظار
step-held = مؤجل

step-sent = أُرسل
step-fetched = وصل
step-rejected = مرفوض
step-dropped = لم يُقبل
step-skipped = لم يُرسل
step-cleared = أُزيل
step-not-queued = لم يُرسل
step-not-seen = لم يُشاهَد
step-gateway = لدى البوابة
reason-no-rule-matched = لم تنطبق أي قاعدة
reason-not-kept = لم يعد معروفًا
reason-wakes-only = يوقظ الجهاز
reason-rules-failed = تعذّر تطبيق القواعد
reason-not-fetched = لم يُشاهَد
reason-read = قُرئ قبل ذلك
reason-gateway-failing = البوابة متعطلة
reason-mail-server-failing = خادم البريد متعطل
reason-suppressed-by-a-device-rule = مكتوم على هذا الجهاز
reason-does-not-notify = لا يُرسل إشعارًا
reason-in-the-app-only = في التطبيق فقط
reason-collapsed = حلّ محله إشعار أحدث
reason-active-elsewhere = مؤجل: نشط على جهاز آخر
reason-no-pushers = لا يوجد جهاز
reason-set-after-the-event = أُعدّ لاحقًا
reason-pusher-disabled = كان الجهاز متوقفًا
reason-disabled = الجهاز متوقف
reason-not-activated = لم يؤكده تطبيقه
reason-own-event = حدث من المستخدم نفسه
reason-not-a-member = ليس عضوًا
reason-sender-is-ignored = المرسل متجاهَل
reason-redacted = رسالة محذوفة
reason-not-by-e-mail = لا يُرسل بالبريد
remedy-2xx = ردّت البوابة لكنها لم تقبل الإشعار. يمكن لمشغّلها معرفة السبب من سجلها.
remedy-3xx = ردّت البوابة بإعادة توجيه. اضبط الـ pusher على العنوان النهائي.
remedy-4xx = ترفض البوابة الطلب. تحقق من app id ومن عنوان الـ pusher.
remedy-5xx = في البوابة عطل. يعيد الخادم المحاولة تلقائيًا.
remedy-connection-refused = لا شيء يستمع على عنوان البوابة. تحقق من أنها تعمل ومن منفذها.
remedy-dns = اسم مضيف البوابة غير موجود. تحقق من عنوان الـ pusher.
remedy-timeout = لم تردّ البوابة في الوقت المحدد. يعيد الخادم المحاولة تلقائيًا.
remedy-tls = شهادة البوابة غير موثوقة. جدّدها، أو أضف الجهة المصدرة لها عبر push.extra_ca.
remedy-blocked-by-the-IP-policy = العنوان ليس عامًا. اسمح به عبر push.allow_ip_ranges إن كنت تثق به.

## Rules
rules-not-matched = { $count ->
    [zero] انطبقت كل القواعد
    [one] قاعدة واحدة لم تنطبق
    [two] قاعدتان لم تنطبقا
    [few] { $count } قواعد لم تنطبق
    [many] { $count } قاعدة لم تنطبق
   *[other] { $count } قاعدة لم تنطبق
}
rules-not-reached = { $count ->
    [zero] لا توجد قواعد أخرى.
    [one] لم تلزم قاعدة واحدة أخرى.
    [two] لم تلزم قاعدتان أخريان.
    [few] لم تلزم { $count } قواعد أخرى.
    [many] لم تلزم { $count } قاعدة أخرى.
   *[other] لم تلزم { $count } قاعدة أخرى.
}
verdict-matched = انطبقت
verdict-wakes-only = توقظ الجهاز
verdict-no-match = لم تنطبق
verdict-disabled = متوقفة
verdict-malformed = صيغتها خاطئة
verdict-not-evaluated = لم تُقيَّم
check-holds = متحقق
check-fails = غير متحقق
check-expected = المتوقع
check-actual = الفعلي
check-nothing = لا شيء
condition-event-match = الحدث يطابق نمطًا
condition-event-property-is = لإحدى خصائص الحدث قيمة معينة
condition-event-property-contains = تحتوي قائمة في الحدث على قيمة معينة
condition-contains-display-name = يحتوي النص على اسمك
condition-room-member-count = في الغرفة عدد معين من الأعضاء
condition-sender-notification-permission = يحق للمرسل إشعار الغرفة
rule-own = قاعدتك { $id } ({ $kind })
rule-device = { $handle } فقط
kind-override = أولوية عليا
kind-content = كلمة
kind-room = غرفة
kind-sender = مرسل
kind-underride = أولوية دنيا
rule-m-rule-master = كتم كل شيء
rule-m-rule-suppress-notices = رسائل البوتات
rule-m-rule-invite-for-me = الدعوات الموجهة إليك
rule-m-rule-member-event = تغييرات الأعضاء
rule-m-rule-is-user-mention = الإشارات إليك
rule-m-rule-contains-display-name = ورود اسمك في النص
rule-m-rule-is-room-mention = الإشارات إلى الغرفة
rule-m-rule-roomnotif = ورود @room في النص
rule-m-rule-tombstone = ترقيات الغرف
rule-m-rule-reaction = التفاعلات
rule-m-rule-room-server-acl = قوائم خوادم الغرف
rule-m-rule-suppress-edits = تعديلات الرسائل
rule-m-rule-contains-user-name = ورود اسم المستخدم الخاص بك في النص
rule-m-rule-call = المكالمات
rule-m-rule-encrypted-room-one-to-one = الرسائل المشفّرة بين شخصين
rule-m-rule-room-one-to-one = الرسائل بين شخصين
rule-m-rule-message = الرسائل
rule-m-rule-encrypted = الرسائل المشفّرة

## The table of rules
rules-title = القواعد
rules-about = ما الذي يرنّ وأين. تُطبَّق قاعدة الجهاز قبل قواعد الحساب، ولهذا الجهاز فقط. أما أعداد غير المقروء فتتبع الحساب وحده.
rules-account = الحساب
rules-device = الجهاز
rules-filter = البحث عن غرفة
rules-rooms = الغرف
rules-senders = الأشخاص
rules-contents = الكلمات
rules-room = الغرفة
rules-sender = الشخص
rules-content = الكلمة
rules-no-rooms = لم يُعثر على غرف.
rules-no-senders = لا توجد قاعدة لشخص.
rules-no-contents = لا توجد قاعدة لكلمة.
rules-more = عرض المزيد
rules-cell = { $what }، { $where }
rules-effect = السلوك
rules-period = المدة
rules-save = حفظ
rules-add = إضافة
rules-add-sender = معرّف مستخدم لشخص
rules-add-content = كلمة؛ يحل * و ? محل أي أحرف
rules-other = قواعد أخرى
rules-own = قواعدك ذات الشروط
rules-defaults = القواعد الافتراضية
rules-rule = القاعدة
rules-state = الحالة
rules-actions = تغيير
rules-on = مفعّلة
rules-off = متوقفة
rules-switch-on = تفعيل
rules-switch-off = إيقاف
rules-delete = حذف
rules-ends = تنتهي
effect-inherits = كالمعتاد
effect-muted = مكتوم
effect-mentions = الإشارات فقط
effect-silent = صامت
effect-quiet = إشعار بلا صوت
effect-rings = يرنّ
effect-highlight = يرنّ مع تمييز
period-always = دائمًا
period-hour = ساعة واحدة
period-work = ثماني ساعات
period-day = يوم واحد

## The doctor
doctor-title = الفحص
doctor-nothing = لا شيء يمنع وصول إشعاراتك
doctor-more = { $count ->
    [zero] لن تظهر نتائج أخرى بعد تصحيح هذه.
    [one] ستظهر نتيجة أخرى بعد تصحيح هذه.
    [two] ستظهر نتيجتان أخريان بعد تصحيح هذه.
    [few] ستظهر { $count } نتائج أخرى بعد تصحيح هذه.
    [many] ستظهر { $count } نتيجة أخرى بعد تصحيح هذه.
   *[other] ستظهر { $count } نتيجة أخرى بعد تصحيح هذه.
}
severity-problem = مشكلة
severity-warning = تحذير
severity-hint = تلميح
finding-busy = جارٍ التغيير …
finding-done = تم
finding-no-pusher = لا يتلقى أي من أجهزتك الإشعارات.
finding-notifications-are-off = كل الإشعارات متوقفة.
finding-no-process-delivers = لا يرسل الخادم أي إشعارات حاليًا. تنتظر الإشعارات حتى يستأنف الإرسال.
finding-pusher-is-failing = يفشل إرسال الإشعارات إلى { $device } منذ { $since }.
finding-pusher-is-retrying = يفشل إرسال الإشعارات إلى { $device } منذ { $since }.
finding-pusher-is-disabled = الجهاز { $device } متوقف.
finding-pusher-is-not-confirmed = لم يؤكد التطبيق على { $device } أنه يريد الإشعارات.
finding-pushes-do-not-arrive = لم يجلب { $device } شيئًا مما أُشعر به منذ { $since }.
finding-handle-is-shared = للجهاز { $device } قواعد جهاز آخر نفسها، لأن لكليهما المعرّف { $handle }.
finding-device-rules-without-a-pusher = توجد قواعد للمعرّف { $handle }، ولا يوجد جهاز يحمله.
finding-calls-cannot-ring = لا يمكن للمكالمات أن ترنّ على { $device } بسبب هذه القاعدة: { $rule }.
finding-calls-in-a-room-cannot-ring = لا يمكن لمكالمات { $room } أن ترنّ على { $device } بسبب هذه القاعدة: { $rule }.
finding-mentions-in-encrypted-rooms-are-hidden = { $count ->
    [zero] لا توجد غرف مشفّرة تخفى إشاراتها على { $device }.
    [one] لا يستطيع الخادم رؤية الإشارات في غرفة مشفّرة، والجهاز { $device } الذي يستطيع ذلك لا يُبلَّغ برسائلها.
    [two] لا يستطيع الخادم رؤية الإشارات في غرفتين مشفّرتين، والجهاز { $device } الذي يستطيع ذلك لا يُبلَّغ برسائلهما.
    [few] لا يستطيع الخادم رؤية الإشارات في { $count } غرف مشفّرة، والجهاز { $device } الذي يستطيع ذلك لا يُبلَّغ برسائلها.
    [many] لا يستطيع الخادم رؤية الإشارات في { $count } غرفة مشفّرة، والجهاز { $device } الذي يستطيع ذلك لا يُبلَّغ برسائلها.
   *[other] لا يستطيع الخادم رؤية الإشارات في { $count } غرفة مشفّرة، والجهاز { $device } الذي يستطيع ذلك لا يُبلَّغ برسائلها.
}
finding-rule-contradicts-itself = لا يمكن أن تنطبق هذه القاعدة أبدًا لأن شروطها متناقضة: { $rule }.
finding-rule-has-an-unknown-condition = لا يمكن أن تنطبق هذه القاعدة أبدًا لأن الخادم لا يعرف أحد شروطها: { $rule }.
finding-rule-is-shadowed = لا يمكن أن تنطبق هذه القاعدة أبدًا: { $rule }، لأن هذه القاعدة تسبقها وتطابق الشيء نفسه: { $other }.
finding-rule-for-a-room-that-was-left = هذه القاعدة لغرفة لست فيها: { $rule }.
finding-room-is-muted-twice = { $room } مكتومة بقاعدتين: { $other } و { $rule }.
advice-no-pusher = سجّل الدخول بتطبيق على جهازك واسمح بإشعاراته.
advice-notifications-are-off = فعّلها لتصلك الإشعارات.
advice-no-process-delivers = اسأل مديري الخادم. لن يضيع شيء.
advice-pusher-is-failing = يعيد الخادم المحاولة تلقائيًا. إن لم يعد التطبيق على الجهاز فاحذف هذا الجهاز؛ وإلا فيجب إصلاح بوابته.
advice-pusher-is-retrying = يعيد الخادم المحاولة تلقائيًا، ولا يضيع شيء.
advice-pusher-was-removed = افتح التطبيق على الجهاز ليسجّل من جديد لتلقي الإشعارات.
advice-pusher-is-disabled = فعّله لتلقي الإشعارات عليه.
advice-pusher-is-not-confirmed = افتح التطبيق على الجهاز.
advice-pushes-do-not-arrive = افتح التطبيق على الجهاز. تحقق من أن الجهاز متصل، وأن نظامه يسمح للتطبيق بتلقي الإشعارات والعمل في الخلفية.
advice-handle-is-shared = إن لم يكن ذلك مقصودًا، فامنح هذا الجهاز معرّفًا خاصًا به.
advice-device-rules-without-a-pusher = تسري من جديد عندما يسجّل تطبيق بهذا المعرّف.
advice-calls-cannot-ring = غيّر تلك القاعدة، أو أضف قاعدة للمكالمات.
advice-calls-in-a-room-cannot-ring = دع مكالمات هذه الغرفة ترنّ، أو اتركها مكتومة.
advice-mentions-in-encrypted-rooms-are-hidden = أرسل الرسائل المشفّرة إلى الجهاز ليبحث فيها عن الإشارات.
advice-rule-has-an-unknown-condition = صحّح القاعدة أو احذفها.
advice-rule-contradicts-itself = صحّح القاعدة أو احذفها.
advice-rule-is-shadowed = احذف إحداهما، أو غيّر ترتيبهما.
advice-rule-for-a-room-that-was-left = احذف القاعدة إن كنت لا تنوي العودة.
advice-room-is-muted-twice = لتصلك إشعارات الغرفة من جديد، يجب حذف القاعدتين. احذف إحداهما الآن.
remedy-delete-rule = حذف { $rule }
remedy-enable-rule = تفعيل { $rule }
remedy-disable-rule = إيقاف { $rule }
remedy-let-calls-ring = السماح للمكالمات بالرنين على { $device }
remedy-send-encrypted-messages = إرسال كل الرسائل المشفّرة إلى { $device }
remedy-enable-pusher = تفعيل { $device }
remedy-delete-pusher = حذف { $device }
remedy-send-a-test = إرسال اختبار إلى { $device }
remedy-own-handle-with-the-rules = منح { $device } معرّفًا خاصًا به مع نسخة من القواعد
remedy-own-handle-without-rules = منح { $device } معرّفًا خاصًا به دون قواعد

## Devices
devices-title = الأجهزة
devices-about = التطبيقات التي يُشعرها هذا الخادم من أجلك، وما تفعله، وما بها من مشكلات.
devices-none = لا يتلقى أي من أجهزتك الإشعارات بعد
devices-none-about = توضح الشاشة الأولى كيفية إضافة جهاز.
devices-removed = أُزيلت في آخر 30 يومًا
devices-device = الجهاز
devices-when = وقت الإزالة
devices-why = السبب
device-arrived-unknown = غير معروف: لا يجلب التطبيق ما يُبلَّغ به
device-error = آخر خطأ
device-held = مؤجل حتى
device-waiting = قائمة الانتظار
device-gateway = البوابة
device-gateway-none = لا توجد
device-handle = المعرّف
device-handle-none = لا يوجد
device-app = App id
device-settings = الإعدادات
device-enabled = الإشعارات على هذا الجهاز
device-badges = إرسال العدد لأيقونة التطبيق
device-hold = مدة الانتظار أثناء نشاطك على جهاز آخر
device-hold-hint = ما تقرؤه هناك خلال هذه المدة لا يُرسل إلى هذا الجهاز.
device-hold-none = بلا انتظار
removed-deleted = حذفته أنت أو تطبيقك
removed-rejected = أبلغت بوابته أن الجهاز لم يعد موجودًا
removed-device-removed = سُجّل خروج الجهاز
removed-taken-over = سجّل مستخدم آخر الدخول على الجهاز
removed-account-closed = أُغلق الحساب
removed-unsubscribed = أُنهي الاشتراك
removed-address-removed = أُزيل العنوان
removed-not-confirmed = لم يؤكده تطبيقه

## Try a rule
try-title = تجربة قاعدة
try-about = لا يُرسل شيء ولا يُخزَّن شيء حتى تحفظ القاعدة.
try-event = الحدث
try-room-hint = غرفة انضممت إليها، لمعرفة أعضائها واسمك فيها. يمكن تركها فارغة.
try-event-json = الحدث بصيغة JSON
try-bad-event = الحدث ليس بصيغة JSON: { $error }
try-rule = القاعدة
try-subject = تنطبق على
try-subject-word = الرسائل التي فيها كلمة
try-subject-room = كل شيء في غرفة
try-subject-sender = كل شيء من شخص
try-subject-conditions = شروط خاصة
try-value-word = كلمة؛ يحل * و ? محل أي أحرف
try-value-room = معرّف الغرفة
try-value-sender = معرّف المستخدم
try-value-conditions = الشروط كقائمة JSON
try-effect = السلوك
try-effect-ring = رنين
try-effect-highlight = رنين مع تمييز
try-effect-quiet = إشعار بلا صوت
try-effect-mute = بلا إشعار
try-scope = على
try-all-devices = كل الأجهزة
try-do = تجربة
try-result = ما الذي سيحدث
try-counts = سيُشعرك الحدث.
try-counts-not = لن يُشعرك الحدث.
try-no-devices = ليس لديك جهاز بعد، لذا لن يرنّ شيء.
try-rings = يرنّ
try-silent = إشعار صامت
try-nothing = لا شيء
try-handle = المعرّف { $handle }
try-save-account = حفظ لهذا الحساب
try-save-device = حفظ لهذا الجهاز
try-saved = تم الحفظ

preview-title = { $count ->
    [zero] لا أحداث لديك لهذه القاعدة
    [one] آخر حدث لديك مع هذه القاعدة
    [two] آخر حدثين لديك مع هذه القاعدة
    [few] آخر { $count } أحداث لديك مع هذه القاعدة
    [many] آخر { $count } حدثًا لديك مع هذه القاعدة
   *[other] آخر { $count } حدث لديك مع هذه القاعدة
}
preview-account = أعداد غير المقروء
preview-none = لا يتغير شيء
preview-rings = { $count ->
    [zero] لا يرنّ حدث إضافي
    [one] يرنّ حدث إضافي
    [two] يرنّ حدثان إضافيان
    [few] ترنّ { $count } أحداث إضافية
    [many] يرنّ { $count } حدثًا إضافيًا
   *[other] يرنّ { $count } حدث إضافي
}
preview-silent = { $count ->
    [zero] لا يصمت أي حدث
    [one] يصمت حدث واحد
    [two] يصمت حدثان
    [few] تصمت { $count } أحداث
    [many] يصمت { $count } حدثًا
   *[other] يصمت { $count } حدث
}
preview-differs = { $count ->
    [zero] لا يتغير أي صوت
    [one] يتغير صوت حدث واحد
    [two] يتغير صوت حدثين
    [few] يتغير صوت { $count } أحداث
    [many] يتغير صوت { $count } حدثًا
   *[other] يتغير صوت { $count } حدث
}
preview-cut = تقييم القواعد على كل هذه الأحداث مكلف جدًا.
change-rings = يرنّ
change-silent = يصمت
change-differs = يتغير صوته

## A path without a screen
missing-title = لا توجد شاشة كهذه
missing-about = ليس في لوحة التحكم شاشة بهذا العنوان.

## Administration
admin-title = الإدارة
admin-about = البوابات وأجهزة جميع المستخدمين. لا تُعرض هنا الرسائل ولا عناوين الأجهزة.
admin-alarms = الإنذارات
admin-no-alarms = لا إنذارات
admin-alarm = وصل { $share } من الإشعارات المرسلة عبر { $gateway } خلال آخر { $window }؛ والمعتاد { $usual }.
admin-window-hour = ساعة
admin-window-day = يوم
admin-trouble = { $app }: { $reason }، منذ { $since }
admin-gateways = البوابات
admin-no-gateways = لا يوجد جهاز له بوابة بعد.
admin-gateway = البوابة
admin-gateway-others = بوابات أخرى
admin-devices = الأجهزة
admin-failing = متعطلة
admin-queue = في الانتظار
admin-oldest = متعطلة منذ
admin-hour = وصل في آخر ساعة
admin-day = وصل في آخر يوم
admin-usual = المعتاد
admin-share-unknown = غير معروف
admin-apps = تطبيقات بوابة هذا الخادم
admin-no-apps = ليس لبوابة هذا الخادم تطبيقات.
admin-app = التطبيق
admin-app-state = الحالة
admin-app-waiting = الطلبات
admin-app-requests = { $running } قيد التنفيذ، { $waiting } في الانتظار
admin-app-expires = انتهاء بيانات الاعتماد
admin-app-ok = يعمل
admin-app-degraded = يعمل جزئيًا
admin-app-failing = متعطل
admin-app-alarmed = يرفض معظم الأجهزة
admin-states = حالات الأجهزة
admin-state-count = { $count ->
    [zero] لا أجهزة
    [one] جهاز واحد
    [two] جهازان
    [few] { $count } أجهزة
    [many] { $count } جهازًا
   *[other] { $count } جهاز
}
admin-users = أجهزة المستخدمين
admin-user = المستخدم
admin-find = البحث عن مستخدم أو جهاز
admin-no-users = لم يُعثر على أجهزة.
admin-error = آخر خطأ
admin-more = تحميل المزيد
resend-do = إعادة الإرسال
resend-to = إلى { $name }

## المستخدمون
users-title = المستخدمون
users-about = حسابات هذا الخادم. يسري التغيير فورًا.
users-find = معرّف المستخدم أو اسم العرض
users-search = بحث
users-none = لم يُعثر على مستخدمين.
users-seen = آخر طلب
users-admin = مدير
users-active = نشط
users-locked = مقفل
users-suspended = موقوف
users-lock = قفل
users-unlock = إلغاء القفل
users-suspend = إيقاف
users-unsuspend = إنهاء الإيقاف
users-lock-about = إلى أن تلغي القفل لا يستطيع { $user } استخدام الحساب، ولا يُرسل شيء إلى أجهزته.
users-unlock-about = يستطيع { $user } استخدام الحساب من جديد، وتصل الإشعارات إلى أجهزته من جديد.
users-suspend-about = إلى أن تنهي الإيقاف يستطيع { $user } القراءة، لكنه لا يستطيع إرسال ما يراه الآخرون أو تغييره.
users-unsuspend-about = يستطيع { $user } من جديد الإرسال وتغيير ما يراه الآخرون.
