# Malformed, oversized and hostile fields: an answer, no echo, no dead child.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Wire;

my $mark = 'EcHo-MaRk';

sub request { ask('routes', join "\r\n", @_, '', '') }

# [name, lines, status]
my @requests = (
    ['a made-up method', ["$mark /ws HTTP/1.1", 'Host: localhost'], 426],
    ['a mark in every field', ['GET /ws HTTP/1.1', 'Host: localhost', map { "$_: $mark" }
        qw(Upgrade Connection Accept User-Agent Via Origin Sec-WebSocket-Key Sec-WebSocket-Version
            Sec-WebSocket-Protocol)], 426],
    ['a mark in path and query', ["GET /ws/$mark?$mark HTTP/1.1", 'Host: localhost'], 426],
    ['a mark as host', ['GET /ws HTTP/1.1', "Host: $mark"], 426],
    ['8 KiB of commas', ['GET /ws HTTP/1.1', 'Host: localhost', 'Connection: ' . ',' x 8000,
        'Upgrade: websocket'], 426],
    ['8 KiB of commas in Accept', ['GET /ws HTTP/1.1', 'Host: localhost', 'Accept: ' . ',;/' x 2600], 426],
    ['90 Upgrade fields', ['GET /ws HTTP/1.1', 'Host: localhost', ('Upgrade: websocket') x 90], 426],
    ['90 fields of 40 members', ['GET /ws HTTP/1.1', 'Host: localhost', ('Connection: ' . 'a,' x 40) x 90],
        426],
    ['empty members', ['GET /ws HTTP/1.1', 'Host: localhost', 'Upgrade: ,, ,websocket,',
        'Connection: , ,Upgrade,,',
        'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: ' . WS_KEY], 200],
    ['quotes that never end', ['GET /ws HTTP/1.1', 'Host: localhost', 'Upgrade: "websocket',
        'Connection: "Upgrade', 'Accept: "text/html'], 426],
    ['bytes above ASCII', ['GET /ws HTTP/1.1', 'Host: localhost', "Upgrade: \xff\xfe",
        "Accept: \x80\x81/\xff"], 426],
    ['a key of 8 KiB', ['GET /ws HTTP/1.1', 'Host: localhost', 'Upgrade: websocket', 'Connection: Upgrade',
        'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: ' . 'A' x 8000], 400],
    ['NUL in a field', ['GET /ws HTTP/1.1', 'Host: localhost', "Upgrade: web\0socket"], 400],
    ['101 fields', ['GET /ws HTTP/1.1', 'Host: localhost', map { "X-$_: 1" } 1 .. 101], 400],
    ['no Host', ['GET /ws HTTP/1.1'], 400],
);

for my $case (@requests) {
    my ($name, $lines, $status) = @$case;
    my $answer = request(@$lines);
    is $answer->{status}, $status, "$name: status";
    next unless $status == 426;
    for my $form ('application/json', 'text/html', 'text/plain') {
        my @lines = grep { !/^Accept:/ } @$lines;
        my $body = request(@lines, "Accept: $form")->{body};
        unlike $body, qr/$mark/i, "$name: no echo in $form";
    }
    unlike join("\n", map { "@$_" } @{ $answer->{fields} }), qr/$mark/i, "$name: no echo in the fields";
}

is get('routes', '/plain')->{status}, 200, 'the server is alive';

done_testing;
