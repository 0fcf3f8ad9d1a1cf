# HTTP/2, with and without TLS: no Upgrade, the chosen status, extended CONNECT.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Lacks;
use Wire;

needs('http2');

# [name, vhost, path, options, status, reason, reset]
my @requests = (
    ['a plain GET on a WebSocket route', 'routes', '/ws',       {}, 426, 'websocket-missing'],
    ['answered with 403',                'routes', '/ws/403',   {}, 403, 'websocket-missing'],
    ['answered with a reset',            'routes', '/ws/reset', {}, 0, undef, 'HTTP_1_1_REQUIRED'],
    ['no reset where HTTP/1.1 does not help', 'routes', '/tls', {}, 426, 'tls-missing'],
    ['nor where HTTP/2 is demanded',     'routes', '/http2ws',  {}, 426, 'websocket-missing'],
    ['HTTP/2 met',                       'routes', '/http2',    {}, 200],
    ['not advertised',                   'routes', '/ws/quiet', {}, 403, 'websocket-missing'],
    ['extended CONNECT',                 'routes', '/live',     { connect => 1 }, 200],
    ['the plain GET beside it',          'routes', '/live',     {}, 426, 'websocket-missing'],
    ['extended CONNECT over TLS meets all', 'tls', '/live',     { connect => 1, tls => 1 }, 200],
    ['the plain GET beside it',          'tls',    '/live',     { tls => 1 }, 426, 'websocket-missing'],
    ['over TLS 1.3',                     'tls',    '/tls13',    { tls => 1 }, 200],
);

for my $case (@requests) {
    my ($name, $vhost, $path, $options, $status, $reason, $reset) = @$case;
  SKIP: {
        skip_without('h2-websockets', 4) if $options->{connect};
        my $answer = h2($vhost, $path, %$options);
        is $answer->{status}, $status, "$name: status";
        is $answer->{reset}, $reset, "$name: reset";
        is field($answer, $_), undef, "$name: no $_" for 'Upgrade', 'Connection';
        is json_of($answer)->{reason}, $reason, "$name: reason" if $reason;
    }
}

for my $body ('x' x 10, 'x' x 100_000) {
    my $answer = h2('routes', '/ws', body => $body);
    is $answer->{status}, 426, 'a body of ' . length($body) . ' bytes: status';
    is json_of($answer)->{reason}, 'websocket-missing', 'a body: reason';
}

{
    my $answer = h2('routes', '/ws', fields => ['accept: text/plain']);
    is field($answer, 'content-type'), 'text/plain; charset=utf-8', 'the form is negotiated';
    is field($answer, 'sec-websocket-version'), '13', 'the version goes along';
    is field($answer, 'cache-control'), 'no-store', 'not stored';
    my $json = json_of(h2('routes', '/ws'));
    is_deeply $json->{upgrade}, ['websocket'], 'the body has the list that no field may carry';
    is $json->{received}{http}, '2', 'seen as HTTP/2';
    is log_line('verdict_log', qr{^GET /ws/reset HTTP/2.0}),
        "GET /ws/reset HTTP/2.0|403|refuse|websocket-missing|/ws|route\n",
      'a reset is logged as 403';
}

done_testing;
