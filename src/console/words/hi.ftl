## Everywhere
skip = सामग्री पर जाएँ
close = बंद करें
cancel = रद्द करें
nav-label = स्क्रीन
sign-out = साइन आउट करें
copy-link = लिंक कॉपी करें
copy-json = JSON के रूप में कॉपी करें
copy-done = कॉपी हो गया
copy-failed = आपके ब्राउज़र ने कॉपी करने की अनुमति नहीं दी
clock-differs = इस ब्राउज़र की घड़ी और सर्वर की घड़ी में { $by } का अंतर है। नीचे दिए गए समय सर्वर के हैं।
theme-label = थीम: { $theme }
theme-system = सिस्टम के अनुसार
theme-light = हल्की
theme-dark = गहरी
language-label = भाषा
time-now = अभी-अभी
time-never = कभी नहीं

## States of every screen
state-loading = लोड हो रहा है
state-slow = सर्वर को सामान्य से ज़्यादा समय लग रहा है। अब भी इंतज़ार है।
state-offline = सर्वर से संपर्क नहीं हो पा रहा है
state-forbidden = आपको इसे देखने की अनुमति नहीं है
state-missing = यहाँ ऐसा कुछ नहीं है जिसे आप देख सकें
state-failed = सर्वर जवाब नहीं दे सका
state-retry = फिर से कोशिश करें

## Sign in
sign-in-title = Belfry
sign-in-about = घंटी क्यों बजी? क्यों नहीं बजी? इस सर्वर के अपने Matrix खाते से साइन इन करें।
sign-in-user = यूज़रनेम
sign-in-user-hint = जैसे alice या @alice:example.org
sign-in-password = पासवर्ड
sign-in-token = ऐक्सेस टोकन
sign-in-token-hint = किसी ऐप या स्क्रिप्ट का। यहाँ से साइन आउट करने पर भी यह मान्य रहता है।
sign-in-token-of-link = यह उस लिंक के साथ आया जिसे आपने खोला।
sign-in-registration = पंजीकरण टोकन
sign-in-registration-hint = इस सर्वर के किसी प्रबंधक से।
sign-in-registration-refused = यह पंजीकरण टोकन अज्ञात है, इस्तेमाल हो चुका है या इसकी अवधि समाप्त हो गई है
sign-in-do = साइन इन करें
sign-in-create = खाता बनाएँ
sign-in-with-account = नया खाता बनाएँ
sign-in-new-user-hint = अंग्रेज़ी के छोटे अक्षर, अंक और . _ = / -
sign-in-busy = साइन इन हो रहा है…
sign-in-with-token = ऐक्सेस टोकन इस्तेमाल करें
sign-in-with-password = पासवर्ड इस्तेमाल करें
sign-in-refused = यूज़रनेम या पासवर्ड गलत है
sign-in-token-refused = सर्वर इस ऐक्सेस टोकन को नहीं पहचानता

## Keys
keys-title = कुंजियाँ
keys-filter = फ़िल्टर पर जाएँ
keys-next = अगली पंक्ति
keys-previous = पिछली पंक्ति
keys-open = पंक्ति खोलें
keys-back = फ़ील्ड से बाहर आएँ या सूची पर लौटें
keys-test = पहले टेस्ट बटन पर जाएँ
keys-help = यह सूची
keys-switch = एक अक्षर वाली कुंजियाँ इस्तेमाल करें

## Today
today-title = आज
today-devices = आपके डिवाइस
today-recent = हाल में क्या हुआ
today-all = सभी सफ़र
device-success = पिछली सूचना
device-failing = कब से विफल
device-arrived = { $after } बाद पहुँची
device-last-arrived = पिछली बार पहुँची
device-usually = आम तौर पर { $after } बाद
device-not-seen = { $count ->
    [one] पिछली सूचना नहीं पहुँची
   *[other] पिछली { $count } सूचनाएँ नहीं पहुँचीं
}
device-queued = { $count ->
    [one] { $count } प्रतीक्षा में
   *[other] { $count } प्रतीक्षा में
}
pusher-ok = बजता है
pusher-unused = अब तक इस्तेमाल नहीं हुआ
pusher-pending = इसके ऐप ने पुष्टि नहीं की
pusher-retrying = फिर से कोशिश जारी
pusher-failing = विफल
pusher-off = बंद
pusher-not-seen = भेजा गया, पर मिला नहीं
test-send = टेस्ट भेजें
test-to = { $name } को
test-busy = भेजा जा रहा है…
test-ok = भेज दिया गया
test-rejected = अस्वीकृत: ऐप के पास ऐसा कोई डिवाइस नहीं है
test-unreachable = गेटवे से संपर्क नहीं हो पा रहा है
test-rate-limited = गेटवे रुकने को कह रहा है
test-not-registered = यह डिवाइस अब मौजूद नहीं है
test-blocked = गेटवे के पते की अनुमति नहीं है
test-disabled = डिवाइस बंद है
test-not-activated = ऐप ने डिवाइस की पुष्टि नहीं की है
test-unsupported = इस तरह के डिवाइस के लिए टेस्ट नहीं है
first-title = अभी आपके किसी डिवाइस को सूचनाएँ नहीं मिलतीं
first-about = ऐप सर्वर को बताता है कि सूचनाएँ कहाँ भेजनी हैं; इसे pusher कहते हैं। इसे पाने के दो तरीके हैं:
first-client = Element X, FluffyChat या SchildiChat में सर्वर { $server } पर { $user } के रूप में साइन इन करें और सूचनाओं की अनुमति दें।
first-curl = या इस सर्वर पर एक टेस्ट इनबॉक्स बनाएँ। TOKEN आपका ऐक्सेस टोकन है:
first-waiting = आपके पहले डिवाइस का इंतज़ार है। यह पेज अपने-आप बदल जाएगा।

ring-do = इस ब्राउज़र में बजाएँ
ring-step-permission = आपका ब्राउज़र सूचनाएँ दिखाने की अनुमति माँग रहा है…
ring-step-subscribe = आपके ब्राउज़र की पुश सेवा की सदस्यता ली जा रही है…
ring-step-confirm = पहले पुश का इंतज़ार है…
ring-step-ring = बजाया जा रहा है…
ring-done = भेज दिया गया। आपका ब्राउज़र अब सूचना दिखा रहा है।
ring-denied = आपका ब्राउज़र इस पेज की सूचनाओं की अनुमति नहीं देता। ब्राउज़र की सेटिंग में इस साइट के लिए अनुमति दें।
ring-off = इस सर्वर पर Web Push नहीं है (सेटिंग push.web_push)।
ring-no-service = आपका ब्राउज़र अपनी पुश सेवा की सदस्यता नहीं ले सका।
ring-not-confirmed = पहला पुश 20 सेकंड में नहीं पहुँचा। जाँचें कि सर्वर इंटरनेट से जुड़ सकता है।
ring-unsupported = इस ब्राउज़र में बजाने के लिए कंसोल को https से या localhost पर खोलें।
ring-app = Belfry कंसोल
ring-device = यह ब्राउज़र
ring-title = बज रहा है
ring-text = Belfry इस ब्राउज़र तक पहुँचता है।

## Journeys
journeys-title = सफ़र
journeys-event = इवेंट आईडी से खोलें
list-event = इवेंट
list-why = क्यों
list-no-devices = कोई डिवाइस नहीं
list-older = पुराने लोड करें
list-news = { $count ->
    [one] { $count } नया
   *[other] { $count } नए
}
list-total = { $count ->
    [one] { $count } सफ़र
   *[other] { $count } सफ़र
}
list-total-at-least = { $count ->
    [one] कम से कम { $count } सफ़र
   *[other] कम से कम { $count } सफ़र
}
list-none = अभी तक कुछ नहीं हुआ
list-none-about = आपको भेजा गया हर संदेश यहाँ अपने-आप दिखता है, और साथ में यह कारण भी कि घंटी क्यों बजी या नहीं बजी।
list-none-match = कोई सफ़र मेल नहीं खाता
list-none-match-about = कोई फ़िल्टर हटाएँ या इंतज़ार करें: नए सफ़र अपने-आप दिखते हैं।
live-connecting = कनेक्ट हो रहा है
live-live = लाइव
live-paused = रुका हुआ
live-failed = हर 5 सेकंड में
live-pause = रोकें
live-resume = जारी रखें
filter-state = स्थिति
filter-device = डिवाइस
filter-since = समय
filter-room = रूम आईडी
filter-all = सभी
filter-clear = फ़िल्टर हटाएँ
since-1h = पिछला एक घंटा
since-24h = पिछले 24 घंटे
since-7d = पिछले 7 दिन
device-state-sent = भेजा गया
device-state-waiting = प्रतीक्षा में
device-state-held = रोका गया
device-state-failing = विफल
device-state-silent = साइलेंट
device-state-read-first = पहले ही पढ़ा गया
device-state-skipped = छोड़ा गया
device-state-dropped = लेने से इनकार
device-state-rejected = अस्वीकृत
device-state-off = बंद
device-state-unknown = अज्ञात
type-m-room-message = संदेश
type-m-room-encrypted = एन्क्रिप्टेड संदेश
type-m-room-member = सदस्यता
type-m-call-invite = कॉल
type-m-sticker = स्टिकर
type-m-room-topic = विषय
type-m-room-name = रूम का नाम
type-m-room-tombstone = रूम अपग्रेड
type-m-poll-start = पोल

## One journey
journey-title = एक इवेंट का सफ़र
journey-decision = फ़ैसला
journey-devices = डिवाइस
journey-no-devices = कोई डिवाइस नहीं था
journey-no-devices-about = जब इवेंट भेजा गया, तब इस यूज़र के पास सूचनाएँ पाने वाला कोई ऐप नहीं था।
journey-rule = निर्णायक नियम:
journey-rules = जाँच के क्रम में पुश नियम
journey-rules-changed = तब से नियम बदल गए हैं। सूची में मौजूदा नियम हैं; फ़ैसला वही है जो सहेजा गया था।
journey-try = इस इवेंट पर कोई नियम आज़माएँ
journey-removed = हटाया गया
journey-untraced = सर्वर सफ़र दर्ज नहीं करता (सेटिंग trace.enabled), इसलिए कोशिशें यहाँ नहीं दिखतीं।
fact-when = भेजा गया
fact-sender = भेजने वाला
fact-room = रूम
fact-type = प्रकार
fact-user = किसका सफ़र
fact-read = पढ़ा गया
fact-read-yes = हाँ
fact-read-no = अभी नहीं
fact-event = इवेंट आईडी
step-attempt = कोशिश { $number }
step-status = स्टेटस { $status }
step-next = अगली कोशिश
step-unknown = अज्ञात
step-waiting = प्रतीक्षा में
step-held = रोका गया

step-sent = भेजा गया
step-fetched = पहुँचा
step-rejected = अस्वीकृत
step-dropped = लेने से इनकार
step-skipped = नहीं भेजा गया
step-cleared = हटाया गया
step-not-queued = नहीं भेजा गया
step-not-seen = नहीं मिला
step-gateway = गेटवे पर
reason-no-rule-matched = कोई नियम मेल नहीं खाया
reason-not-kept = अब पता नहीं
reason-wakes-only = डिवाइस को जगाता है
reason-rules-failed = नियम विफल रहे
reason-not-fetched = नहीं मिला
reason-read = पहले ही पढ़ा गया
reason-gateway-failing = गेटवे विफल है
reason-mail-server-failing = मेल सर्वर विफल है
reason-suppressed-by-a-device-rule = इस डिवाइस पर साइलेंट किया गया
reason-does-not-notify = सूचना नहीं देता
reason-in-the-app-only = केवल ऐप में
reason-collapsed = नए से बदला गया
reason-active-elsewhere = रोका गया: कहीं और सक्रिय
reason-no-pushers = कोई डिवाइस नहीं
reason-set-after-the-event = बाद में सेट हुआ
reason-pusher-disabled = डिवाइस बंद था
reason-disabled = डिवाइस बंद है
reason-not-activated = इसके ऐप ने पुष्टि नहीं की
reason-own-event = अपना इवेंट
reason-not-a-member = सदस्य नहीं
reason-sender-is-ignored = भेजने वाला अनदेखा है
reason-redacted = हटाया गया संदेश
reason-not-by-e-mail = ईमेल से नहीं
remedy-2xx = गेटवे ने जवाब दिया, पर सूचना नहीं ली। उसका संचालक अपने लॉग में कारण देख सकता है।
remedy-3xx = गेटवे ने रीडायरेक्ट से जवाब दिया। pusher को अंतिम पते के साथ सेट करें।
remedy-4xx = गेटवे अनुरोध लेने से इनकार करता है। pusher का app id और पता जाँचें।
remedy-5xx = गेटवे में खराबी है। सर्वर अपने-आप फिर कोशिश करेगा।
remedy-connection-refused = गेटवे के पते पर कुछ नहीं चल रहा है। जाँचें कि गेटवे चालू है और उसका पोर्ट सही है।
remedy-dns = गेटवे का होस्ट नाम मौजूद नहीं है। pusher का पता जाँचें।
remedy-timeout = गेटवे ने समय पर जवाब नहीं दिया। सर्वर अपने-आप फिर कोशिश करेगा।
remedy-tls = गेटवे के सर्टिफ़िकेट पर भरोसा नहीं है। उसे नवीनीकृत करें या push.extra_ca से उसकी अथॉरिटी जोड़ें।
remedy-blocked-by-the-IP-policy = यह पता सार्वजनिक नहीं है। अगर आपको इस पर भरोसा है, तो push.allow_ip_ranges से अनुमति दें।

## Rules
rules-not-matched = { $count ->
    [one] { $count } नियम मेल नहीं खाया
   *[other] { $count } नियम मेल नहीं खाए
}
rules-not-reached = { $count ->
    [one] { $count } और नियम की ज़रूरत नहीं पड़ी।
   *[other] { $count } और नियमों की ज़रूरत नहीं पड़ी।
}
verdict-matched = मेल खाया
verdict-wakes-only = डिवाइस को जगाता है
verdict-no-match = मेल नहीं खाया
verdict-disabled = बंद
verdict-malformed = गलत ढाँचा
verdict-not-evaluated = जाँचा नहीं गया
check-holds = पूरी होती है
check-fails = पूरी नहीं होती
check-expected = अपेक्षित
check-actual = वास्तविक
check-nothing = कुछ नहीं
condition-event-match = इवेंट किसी पैटर्न से मेल खाता है
condition-event-property-is = इवेंट के किसी गुण का तय मान है
condition-event-property-contains = इवेंट की किसी सूची में तय मान है
condition-contains-display-name = टेक्स्ट में आपका नाम है
condition-room-member-count = रूम में सदस्यों की तय संख्या है
condition-sender-notification-permission = भेजने वाला पूरे रूम को सूचना दे सकता है
rule-own = अपना नियम { $id } ({ $kind })
rule-device = केवल { $handle }
kind-override = override
kind-content = शब्द
kind-room = रूम
kind-sender = भेजने वाला
kind-underride = underride
rule-m-rule-master = सब कुछ म्यूट है
rule-m-rule-suppress-notices = बॉट के संदेश
rule-m-rule-invite-for-me = आपके लिए आमंत्रण
rule-m-rule-member-event = सदस्यों में बदलाव
rule-m-rule-is-user-mention = आपके उल्लेख
rule-m-rule-contains-display-name = टेक्स्ट में आपका नाम
rule-m-rule-is-room-mention = रूम के उल्लेख
rule-m-rule-roomnotif = टेक्स्ट में @room
rule-m-rule-tombstone = रूम अपग्रेड
rule-m-rule-reaction = प्रतिक्रियाएँ
rule-m-rule-room-server-acl = रूम की सर्वर सूचियाँ
rule-m-rule-suppress-edits = संदेशों के संपादन
rule-m-rule-contains-user-name = टेक्स्ट में आपका यूज़रनेम
rule-m-rule-call = कॉल
rule-m-rule-encrypted-room-one-to-one = दो लोगों के एन्क्रिप्टेड संदेश
rule-m-rule-room-one-to-one = दो लोगों के संदेश
rule-m-rule-message = संदेश
rule-m-rule-encrypted = एन्क्रिप्टेड संदेश

## The table of rules
rules-title = नियम
rules-about = क्या कहाँ बजता है। डिवाइस का नियम खाते के नियमों से पहले लागू होता है, केवल उसी डिवाइस के लिए। अपठित संख्या केवल खाते के नियमों से तय होती है।
rules-account = खाता
rules-device = डिवाइस
rules-filter = रूम खोजें
rules-rooms = रूम
rules-senders = लोग
rules-contents = शब्द
rules-room = रूम
rules-sender = व्यक्ति
rules-content = शब्द
rules-no-rooms = कोई रूम नहीं मिला।
rules-no-senders = किसी व्यक्ति के लिए कोई नियम नहीं है।
rules-no-contents = किसी शब्द के लिए कोई नियम नहीं है।
rules-more = और दिखाएँ
rules-cell = { $what }, { $where }
rules-effect = असर
rules-period = अवधि
rules-save = सहेजें
rules-add = जोड़ें
rules-add-sender = व्यक्ति की यूज़र आईडी
rules-add-content = शब्द; * और ? किसी भी अक्षर की जगह आते हैं
rules-other = अन्य नियम
rules-own = शर्तों वाले आपके नियम
rules-defaults = डिफ़ॉल्ट नियम
rules-rule = नियम
rules-state = स्थिति
rules-actions = बदलें
rules-on = चालू
rules-off = बंद
rules-switch-on = चालू करें
rules-switch-off = बंद करें
rules-delete = मिटाएँ
rules-ends = समाप्ति
effect-inherits = हमेशा की तरह
effect-muted = म्यूट
effect-mentions = केवल उल्लेख
effect-silent = साइलेंट
effect-quiet = बिना आवाज़ सूचना
effect-rings = बजता है
effect-highlight = बजता है और हाइलाइट होता है
period-always = हमेशा
period-hour = एक घंटा
period-work = आठ घंटे
period-day = एक दिन

## The doctor
doctor-title = जाँच
doctor-nothing = आपकी सूचनाओं को पहुँचने से कुछ नहीं रोक रहा है
doctor-more = { $count ->
    [one] इन्हें ठीक करने पर { $count } और समस्या दिखेगी।
   *[other] इन्हें ठीक करने पर { $count } और समस्याएँ दिखेंगी।
}
severity-problem = समस्या
severity-warning = चेतावनी
severity-hint = सुझाव
finding-busy = बदला जा रहा है…
finding-done = हो गया
finding-no-pusher = आपके किसी डिवाइस को सूचनाएँ नहीं मिलतीं।
finding-notifications-are-off = सभी सूचनाएँ बंद हैं।
finding-no-process-delivers = सर्वर अभी कोई सूचना नहीं भेज रहा है। सूचनाएँ तब तक रुकी रहेंगी, जब तक वह फिर से भेजना शुरू न करे।
finding-pusher-is-failing = { $device } की सूचनाएँ { $since } से विफल हो रही हैं।
finding-pusher-is-retrying = { $device } की सूचनाएँ { $since } से विफल हो रही हैं।
finding-pusher-is-disabled = { $device } बंद है।
finding-pusher-is-not-confirmed = { $device } के ऐप ने पुष्टि नहीं की है कि उसे सूचनाएँ चाहिए।
finding-pushes-do-not-arrive = { $device } को जिनकी सूचना दी गई, उनमें से उसने { $since } से कुछ भी नहीं लिया है।
finding-handle-is-shared = { $device } के नियम किसी दूसरे डिवाइस जैसे ही हैं, क्योंकि दोनों का हैंडल { $handle } है।
finding-device-rules-without-a-pusher = हैंडल { $handle } के लिए नियम हैं, पर यह हैंडल किसी डिवाइस का नहीं है।
finding-calls-cannot-ring = { $device } पर कॉल नहीं बज सकतीं, इस नियम के कारण: { $rule }।
finding-calls-in-a-room-cannot-ring = { $room } की कॉल { $device } पर नहीं बज सकतीं, इस नियम के कारण: { $rule }।
finding-mentions-in-encrypted-rooms-are-hidden = { $count ->
    [one] सर्वर एक एन्क्रिप्टेड रूम में उल्लेख नहीं देख सकता, और { $device }, जो देख सकता है, उसे उस रूम के संदेशों की सूचना नहीं मिलती।
   *[other] सर्वर { $count } एन्क्रिप्टेड रूम में उल्लेख नहीं देख सकता, और { $device }, जो देख सकता है, उसे उन रूम के संदेशों की सूचना नहीं मिलती।
}
finding-rule-contradicts-itself = { $rule } कभी मेल नहीं खा सकता, क्योंकि इसकी शर्तें एक-दूसरे के विरुद्ध हैं।
finding-rule-has-an-unknown-condition = { $rule } कभी मेल नहीं खा सकता, क्योंकि सर्वर इसकी एक शर्त को नहीं जानता।
finding-rule-is-shadowed = { $rule } कभी मेल नहीं खा सकता, क्योंकि यह नियम पहले आता है और उन्हीं से मेल खाता है: { $other }।
finding-rule-for-a-room-that-was-left = { $rule } ऐसे रूम के लिए है जिसमें आप नहीं हैं।
finding-room-is-muted-twice = { $room } दो नियमों से म्यूट है: { $other } और { $rule }।
advice-no-pusher = अपने डिवाइस के किसी ऐप में साइन इन करें और उसकी सूचनाओं की अनुमति दें।
advice-notifications-are-off = कोई भी सूचना पाने के लिए इन्हें चालू करें।
advice-no-process-delivers = सर्वर के प्रबंधकों से पूछें। कुछ भी नहीं खोएगा।
advice-pusher-is-failing = सर्वर अपने-आप फिर कोशिश करता है। अगर ऐप अब डिवाइस पर नहीं है, तो यह डिवाइस मिटाएँ; नहीं तो इसका गेटवे ठीक करना होगा।
advice-pusher-is-retrying = सर्वर अपने-आप फिर कोशिश करता है, और कुछ खोता नहीं है।
advice-pusher-was-removed = डिवाइस पर ऐप खोलें, ताकि वह सूचनाओं के लिए फिर से रजिस्टर हो।
advice-pusher-is-disabled = वहाँ सूचनाएँ पाने के लिए इसे चालू करें।
advice-pusher-is-not-confirmed = डिवाइस पर ऐप खोलें।
advice-pushes-do-not-arrive = डिवाइस पर ऐप खोलें। जाँचें कि डिवाइस ऑनलाइन है और उसका सिस्टम ऐप को सूचनाएँ पाने और बैकग्राउंड में चलने देता है।
advice-handle-is-shared = अगर आप ऐसा नहीं चाहते, तो इस डिवाइस को अपना अलग हैंडल दें।
advice-device-rules-without-a-pusher = जब कोई ऐप इस हैंडल के साथ रजिस्टर होगा, तब ये फिर लागू होंगे।
advice-calls-cannot-ring = वह नियम बदलें या कॉल के लिए नियम जोड़ें।
advice-calls-in-a-room-cannot-ring = इस रूम की कॉल बजने दें या इसे म्यूट रहने दें।
advice-mentions-in-encrypted-rooms-are-hidden = डिवाइस को एन्क्रिप्टेड संदेश भेजें, ताकि वह उनमें उल्लेख खोज सके।
advice-rule-has-an-unknown-condition = नियम ठीक करें या मिटाएँ।
advice-rule-contradicts-itself = नियम ठीक करें या मिटाएँ।
advice-rule-is-shadowed = इनमें से एक मिटाएँ या इनका क्रम बदलें।
advice-rule-for-a-room-that-was-left = अगर आप लौटना नहीं चाहते, तो नियम मिटाएँ।
advice-room-is-muted-twice = रूम की सूचनाएँ फिर पाने के लिए दोनों को मिटाना होगा। एक को अभी मिटाएँ।
remedy-delete-rule = { $rule } मिटाएँ
remedy-enable-rule = { $rule } चालू करें
remedy-disable-rule = { $rule } बंद करें
remedy-let-calls-ring = { $device } पर कॉल बजने दें
remedy-send-encrypted-messages = { $device } को सभी एन्क्रिप्टेड संदेश भेजें
remedy-enable-pusher = { $device } चालू करें
remedy-delete-pusher = { $device } मिटाएँ
remedy-send-a-test = { $device } को टेस्ट भेजें
remedy-own-handle-with-the-rules = { $device } को अलग हैंडल दें, नियमों की कॉपी के साथ
remedy-own-handle-without-rules = { $device } को अलग हैंडल दें, बिना नियमों के

## Devices
devices-title = डिवाइस
devices-about = वे ऐप जिन्हें यह सर्वर आपके लिए सूचनाएँ भेजता है, वे क्या करते हैं और उनमें क्या गड़बड़ है।
devices-none = अभी आपके किसी डिवाइस को सूचनाएँ नहीं मिलतीं
devices-none-about = पहली स्क्रीन बताती है कि डिवाइस कैसे जोड़ें।
devices-removed = पिछले 30 दिनों में हटाए गए
devices-device = डिवाइस
devices-when = हटाया गया
devices-why = क्यों
device-arrived-unknown = पता नहीं: ऐप बताई गई चीज़ें नहीं लेता
device-error = पिछली त्रुटि
device-held = कब तक रोका गया
device-waiting = कतार
device-gateway = गेटवे
device-gateway-none = कोई नहीं
device-handle = हैंडल
device-handle-none = कोई नहीं
device-app = App id
device-settings = सेटिंग
device-enabled = इस डिवाइस पर सूचनाएँ
device-badges = ऐप के आइकॉन के लिए संख्या भेजें
device-hold = जब आप किसी दूसरे डिवाइस पर सक्रिय हों, तब इतना रुकें
device-hold-hint = उस दौरान आप वहाँ जो पढ़ लेते हैं, वह इस डिवाइस पर नहीं भेजा जाता।
device-hold-none = बिल्कुल नहीं
removed-deleted = आपने या आपके ऐप ने मिटाया
removed-rejected = इसके गेटवे ने बताया कि डिवाइस अब नहीं है
removed-device-removed = डिवाइस से साइन आउट किया गया
removed-taken-over = डिवाइस पर किसी दूसरे यूज़र ने साइन इन किया
removed-account-closed = खाता बंद किया गया
removed-unsubscribed = सदस्यता समाप्त हुई
removed-address-removed = पता हटाया गया
removed-not-confirmed = इसके ऐप ने पुष्टि नहीं की

## Try a rule
try-title = नियम आज़माएँ
try-about = जब तक आप नियम नहीं सहेजते, कुछ भी भेजा या सहेजा नहीं जाता।
try-event = इवेंट
try-room-hint = वह रूम जिसमें आप शामिल हैं, उसके सदस्यों और वहाँ आपके नाम के लिए। इसे खाली छोड़ सकते हैं।
try-event-json = JSON के रूप में इवेंट
try-bad-event = इवेंट JSON नहीं है: { $error }
try-rule = नियम
try-subject = किस पर लागू
try-subject-word = किसी शब्द वाले संदेश
try-subject-room = किसी रूम में सब कुछ
try-subject-sender = किसी व्यक्ति का सब कुछ
try-subject-conditions = अपनी शर्तें
try-value-word = शब्द; * और ? किसी भी अक्षर की जगह आते हैं
try-value-room = रूम आईडी
try-value-sender = यूज़र आईडी
try-value-conditions = JSON सूची के रूप में शर्तें
try-effect = क्या हो
try-effect-ring = बजे
try-effect-highlight = बजे और हाइलाइट हो
try-effect-quiet = बिना आवाज़ सूचना दे
try-effect-mute = सूचना न दे
try-scope = कहाँ
try-all-devices = सभी डिवाइस
try-do = आज़माएँ
try-result = क्या होता
try-counts = यह इवेंट आपको सूचना देता।
try-counts-not = यह इवेंट आपको सूचना नहीं देता।
try-no-devices = अभी आपका कोई डिवाइस नहीं है, इसलिए कुछ नहीं बजता।
try-rings = बजता है
try-silent = बिना आवाज़ सूचना देता है
try-nothing = कुछ नहीं
try-handle = हैंडल { $handle }
try-save-account = इस खाते के लिए सहेजें
try-save-device = इस डिवाइस के लिए सहेजें
try-saved = सहेजा गया

preview-title = { $count ->
    [one] इस नियम के साथ आपका पिछला इवेंट
   *[other] इस नियम के साथ आपके पिछले { $count } इवेंट
}
preview-account = अपठित संख्या
preview-none = कुछ नहीं बदलता
preview-rings = { $count ->
    [one] { $count } और बजता है
   *[other] { $count } और बजते हैं
}
preview-silent = { $count ->
    [one] { $count } साइलेंट हो जाता है
   *[other] { $count } साइलेंट हो जाते हैं
}
preview-differs = { $count ->
    [one] { $count } की आवाज़ बदलती है
   *[other] { $count } की आवाज़ बदलती है
}
preview-cut = इन सभी पर नियमों की जाँच बहुत भारी है।
change-rings = बजता है
change-silent = साइलेंट हो जाता है
change-differs = आवाज़ बदलती है

## A path without a screen
missing-title = ऐसी कोई स्क्रीन नहीं है
missing-about = इस पते पर कंसोल की कोई स्क्रीन नहीं है।

## Administration
admin-title = प्रशासन
admin-about = सभी यूज़र के गेटवे और डिवाइस। संदेश और डिवाइस के पते यहाँ नहीं दिखाए जाते।
admin-alarms = अलार्म
admin-no-alarms = कोई अलार्म नहीं
admin-alarm = पिछले { $window } में { $gateway } से भेजे गए पुश में से { $share } पहुँचे; आम तौर पर { $usual } पहुँचते हैं।
admin-window-hour = एक घंटे
admin-window-day = एक दिन
admin-trouble = { $app }: { $reason }, { $since } से
admin-gateways = गेटवे
admin-no-gateways = अभी किसी डिवाइस का गेटवे नहीं है।
admin-gateway = गेटवे
admin-gateway-others = अन्य गेटवे
admin-devices = डिवाइस
admin-failing = विफल
admin-queue = प्रतीक्षा में
admin-oldest = कब से विफल
admin-hour = पहुँचे, पिछला एक घंटा
admin-day = पहुँचे, पिछला एक दिन
admin-usual = सामान्य
admin-share-unknown = पता नहीं
admin-apps = इस सर्वर के गेटवे के ऐप
admin-no-apps = इस सर्वर के गेटवे का कोई ऐप नहीं है।
admin-app = ऐप
admin-app-state = स्थिति
admin-app-waiting = अनुरोध
admin-app-requests = { $running } चल रहे हैं, { $waiting } प्रतीक्षा में
admin-app-expires = क्रेडेंशियल की समाप्ति
admin-app-ok = काम करता है
admin-app-degraded = आंशिक रूप से काम करता है
admin-app-failing = विफल
admin-app-alarmed = ज़्यादातर डिवाइस को नकारता है
admin-states = डिवाइस की स्थितियाँ
admin-state-count = { $count ->
    [one] { $count } डिवाइस
   *[other] { $count } डिवाइस
}
admin-users = यूज़र के डिवाइस
admin-user = यूज़र
admin-find = यूज़र या डिवाइस खोजें
admin-no-users = कोई डिवाइस नहीं मिला।
admin-error = पिछली त्रुटि
admin-more = और लोड करें
resend-do = फिर से भेजें
resend-to = { $name } को

## यूज़र
users-title = यूज़र
users-about = इस सर्वर के खाते। बदलाव तुरंत लागू होता है।
users-find = यूज़र आईडी या दिखने वाला नाम
users-search = खोजें
users-none = कोई यूज़र नहीं मिला।
users-seen = आखिरी अनुरोध
users-admin = प्रबंधक
users-active = सक्रिय
users-locked = लॉक
users-suspended = निलंबित
users-lock = लॉक करें
users-unlock = अनलॉक करें
users-suspend = निलंबित करें
users-unsuspend = निलंबन समाप्त करें
users-lock-about = जब तक आप अनलॉक नहीं करते, { $user } खाते का उपयोग नहीं कर सकते और उनके डिवाइसों पर कुछ नहीं भेजा जाता।
users-unlock-about = { $user } फिर से खाते का उपयोग कर सकते हैं और उनके डिवाइसों पर फिर से सूचनाएँ आती हैं।
users-suspend-about = जब तक आप निलंबन समाप्त नहीं करते, { $user } पढ़ सकते हैं, पर वह कुछ भेज या बदल नहीं सकते जो दूसरे देखते हैं।
users-unsuspend-about = { $user } फिर से भेज सकते हैं और वह बदल सकते हैं जो दूसरे देखते हैं।
