<?php
// PHP 8.1 or newer; GATE_SECRET=whsec_… php -S 0.0.0.0:8080 receiver.php
$body = file_get_contents('php://input');
$id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
$time = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '';

$key = base64_decode(substr(getenv('GATE_SECRET'), strlen('whsec_')));
$expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$time.$body", $key, true));
$valid = false;
foreach (explode(' ', $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '') as $signature) {
    $valid = hash_equals($expected, $signature) || $valid;
}
if (!$valid || abs(time() - (int) $time) > 300) {
    http_response_code(401);
    exit('wrong signature');
}

// A retry comes with the same $id: store it in a unique column, and skip a report whose $id is known.
$reports = json_decode($body, true, 512, JSON_THROW_ON_ERROR);
foreach (array_is_list($reports) ? $reports : [$reports] as $report) {
    error_log($id . ' ' . json_encode($report));
}
echo 'ok';
