# httpd -t: every mistake is named with directive, value and what would be right.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;

my $server = Server->new(modules => [qw(authz_core dir alias ssl socache_shmcb http2)]);

my @sound = (
    'UpgradeFloor none',
    'UpgradeFloor TLS/1.2 HTTP/2 WebSocket',
    'UpgradeFloor websocket tls/1.3',
    'UpgradeFloor ForwardSecrecy',
    'UpgradeRequire WebSocket postquantum HTTP/2 TLS/1.3',
    'UpgradeTrustedProxy 192.0.2.1 group=X-TLS-Group',
    'UpgradeRequire HTTP/1.1',
    'UpgradeFloorExcept "%{REQUEST_URI} == \'/x\'"',
    "<Location /x>\nUpgradeRequire TLS\nUpgradeExcept \"-R '192.0.2.0/24'\"\nUpgradeExcept true\n</Location>",
    "<If \"true\">\nUpgradeRequire none\n</If>",
    "<Location /x>\nUpgradeWebSocketOrigin any\nUpgradeWebSocketProtocol any\n</Location>",
    "<Location /x>\nUpgradeWebSocketOrigin same https://a.example http://b.example:8080 null\n"
        . "UpgradeWebSocketProtocol chat.v2 mqtt\n</Location>",
    "<Files x>\nUpgradeMode off\n</Files>",
    'UpgradeMode Announce since=2026-06-01T00:00:00Z',
    'UpgradeMode enforce from=2027-01-01T00:00:00+05:30 since=2026-12-31T18:30:00Z',
    'UpgradeMode off from=2027-01-01T00:00:00Z',
    "UpgradeBrownout 2026-12-01T09:00:00Z/PT1H\n"
        . "UpgradeBrownout 2026-12-02T09:00:00+01:00/2026-12-02T10:00:00+01:00 every=PT10M for=PT1M",
    "<Location /x>\nUpgradeBrownout every=P1D FOR=P1D 2026-12-01T09:00:00Z/P7D\n</Location>",
    'UpgradeTrustedProxy none',
    'UpgradeTrustedProxy 127.0.0.1 10.0.0.0/8 172.16.0.0/255.240.0.0 192.168 ::1 2001:db8::/32 tls=X-TLS '
        . 'http=X-HTTP scheme=X-Forwarded-Proto',
    "<Directory />\nUpgradeMode enforce\nUpgradeName a.b-c_d/e:f\n</Directory>",
    'UpgradeGuide https://example.com/guide?a=b',
    'UpgradeGuide http://[::1]/',
    'UpgradeGuide /guide.html',
    'UpgradeMessage "Say %{REQUEST_METHOD} again"',
    'UpgradeRedirect permanent',
    'UpgradeAdvertise off',
    'UpgradeHTTP2Answer RESET',
    'UpgradeCountClients Off',
    'UpgradePhrase on',
    "<VirtualHost *:1>\nUpgradeFloor none\n</VirtualHost>",
);

# [configuration, what the message must say]
my @mistakes = (
    ['UpgradeWebSocketOrigin same', 'not allowed outside a section; use it in <Location>, <Directory>'],
    ['UpgradeWebSocketProtocol chat', 'not allowed outside a section; use it in <Location>, <Directory>'],
    map({ ["<Location /x>\n$_->[0]\n</Location>", $_->[1]] }
        ['UpgradeWebSocketOrigin', 'requires at least one argument'],
        ['UpgradeWebSocketOrigin any same', "any: must be the only argument"],
        ['UpgradeWebSocketOrigin example.com',
            "UpgradeWebSocketOrigin example.com: not an origin; use any, same, null"],
        ['UpgradeWebSocketOrigin https://example.com/', 'not an origin'],
        ["UpgradeWebSocketOrigin \"https://\x01\"", 'contains a control character'],
        ['UpgradeWebSocketProtocol "two words"', "\"two words\": not a subprotocol name"],
        ['UpgradeWebSocketProtocol a,b', "a,b: not a subprotocol name"],
        ['UpgradeWebSocketProtocol any chat', "any: must be the only argument"]),
    ['UpgradeFloor', 'UpgradeFloor: must be none, or at most one of each'],
    ['UpgradeFloor TLS TLS/1.2', "UpgradeFloor TLS/1.2: the second requirement of its family"],
    ['UpgradeRequire HTTP/1.1 HTTP/2', "UpgradeRequire HTTP/2: the second requirement of its family"],
    ['UpgradeFloor HTTP/3',
        "UpgradeFloor HTTP/3: not supported, because this httpd cannot detect HTTP/3; use HTTP/2"],
    ['UpgradeFloor TLSv1.2', "TLSv1.2: not a requirement; use TLS/1.2"],
    ['UpgradeFloor ForwardSecrecy PostQuantum',
        "UpgradeFloor PostQuantum: the second requirement of its family"],
    ['UpgradeFloor PFS', "UpgradeFloor PFS: not a requirement; use ForwardSecrecy"],
    ['UpgradeFloor PQ', "UpgradeFloor PQ: not a requirement; use PostQuantum"],
    ['UpgradeRequire X25519MLKEM768',
        "UpgradeRequire X25519MLKEM768: not a requirement; use PostQuantum, which any ML-KEM group meets"],
    ['UpgradeRequire x25519',
        "UpgradeRequire x25519: not a requirement; use ForwardSecrecy, which any group"],
    ['UpgradeFloor none TLS', "none: must be the only argument"],
    ['UpgradeFloor gopher', "gopher: not a requirement; use none, or at most one of each"],
    ["UpgradeFloor TLS\nUpgradeFloor HTTP/2", 'may appear once per server'],
    ["<Location /x>\nUpgradeFloor TLS\n</Location>", 'UpgradeFloor not allowed in <Location> context'],
    ["<Location /x>\nUpgradeFloorExcept true\n</Location>",
        'UpgradeFloorExcept not allowed in <Location> context'],
    ["<Location /x>\nUpgradeRequire WebSocket\nUpgradeRequire TLS\n</Location>",
        'may appear once per server'],
    map({ ["<Location /x>\n<Limit POST>\n$_\n</Limit>\n</Location>", 'cannot occur within <Limit>'] }
        'UpgradeRequire TLS', 'UpgradeExcept true', 'UpgradeMode off',
            'UpgradeBrownout 2026-12-01T09:00:00Z/P1D', 'UpgradeGuide /x', 'UpgradeMessage x',
        'UpgradeName x', 'UpgradeRedirect off', 'UpgradeAdvertise off', 'UpgradeHTTP2Answer 426'),
    ['UpgradeFloorExcept "%{REQUEST_URI} =="',
        "UpgradeFloorExcept \"%{REQUEST_URI} ==\": not a valid expression"],
    ['UpgradeExcept "no such"', "UpgradeExcept \"no such\": not a valid expression"],
    ['UpgradeMode on', "UpgradeMode on: must be one of enforce, announce, off"],
    ['UpgradeMode', "UpgradeMode \"\": must be one of enforce, announce, off"],
    ['UpgradeMode from=2027-01-01T00:00:00Z', "must be one of enforce, announce, off"],
    ['UpgradeMode enforce from=2027-01-01',
        "UpgradeMode from=2027-01-01: not a date and time; use a form such as 2027-01-01T00:00:00Z"],
    ['UpgradeMode enforce from=2027-02-29T00:00:00Z',
        'no such date or time; check the day, the hour and the offset'],
    ['UpgradeMode enforce since=', "UpgradeMode since=: not a date and time"],
    ['UpgradeMode enforce from=2027-01-01T00:00:00Z from=2027-01-02T00:00:00Z',
        'may be given only once; remove one of the two'],
    ['UpgradeMode enforce 2027-01-01T00:00:00Z', 'unknown argument; use from=TIME or since=TIME'],
    ['UpgradeMode announce from=2027-01-01T00:00:00Z', "use UpgradeMode enforce from=TIME"],
    ['UpgradeMode enforce from=2026-12-31T23:59:59Z since=2027-01-01T00:00:00Z',
        "UpgradeMode from=: must not be before since="],
    ["UpgradeMode enforce \"from=\x01\"", 'contains a control character'],
    ['UpgradeBrownout', 'not an interval; use start/end or start/duration'],
    ['UpgradeBrownout 2026-12-01T09:00:00Z', "UpgradeBrownout 2026-12-01T09:00:00Z: not an interval"],
    ['UpgradeBrownout 2026-12-01T09:00:00Z/P1M', "UpgradeBrownout P1M: years and months"],
    ['UpgradeBrownout 2026-12-01T09:00:00Z/PT0S', 'PT0S: must end after it starts'],
    ['UpgradeBrownout 2026-12-01T09:00:00Z/2026-11-01T09:00:00Z', 'must end after it starts'],
    ['UpgradeBrownout 2026-12-01T09:00:00Z/P1D every=PT1H', 'every= and for= must be used together'],
    ['UpgradeBrownout 2026-12-01T09:00:00Z/P1D every=PT1H for=PT2H',
        "UpgradeBrownout PT2H: for= must be greater than 0"],
    ['UpgradeBrownout 2026-12-01T09:00:00Z/P1D every=1h for=PT1M', "UpgradeBrownout 1h: not a duration"],
    ['UpgradeBrownout 2026-12-01T09:00:00Z/P1D 2026-12-03T09:00:00Z/P1D',
        'unexpected argument; use start/end'],
    ["UpgradeBrownout \"2026-12-01T09:00:00Z/\x07\"", 'contains a control character'],
    ['UpgradeTrustedProxy', 'must be none, or at least one address and one of tls=HEADER'],
    ['UpgradeTrustedProxy 192.0.2.1', 'must be none, or at least one address and one of tls=HEADER'],
    ['UpgradeTrustedProxy tls=X-TLS', 'must be none, or at least one address'],
    ['UpgradeTrustedProxy proxy.example tls=X-TLS',
        "UpgradeTrustedProxy proxy.example: not an IP address, a network, or one of"],
    ['UpgradeTrustedProxy 192.0.2.1/33 tls=X-TLS', 'not an IP address, a network'],
    ['UpgradeTrustedProxy 192.0.2.1 none tls=X-TLS', "none: not an IP address, a network"],
    ['UpgradeTrustedProxy 192.0.2.1 tls=', "UpgradeTrustedProxy tls=: not a header name"],
    ['UpgradeTrustedProxy 192.0.2.1 "tls=X TLS"', 'not a header name'],
    ['UpgradeTrustedProxy 192.0.2.1 tls=X-A tls=X-B', 'may be given only once; remove one of the two'],
    ['UpgradeTrustedProxy 192.0.2.1 group=', "UpgradeTrustedProxy group=: not a header name"],
    ['UpgradeTrustedProxy 192.0.2.1 group=Cookie', 'has a meaning of its own in HTTP'],
    ['UpgradeTrustedProxy 192.0.2.1 http=Upgrade', 'has a meaning of its own in HTTP'],
    ["UpgradeTrustedProxy none\nUpgradeTrustedProxy none", 'may appear once per server'],
    ["<Location /x>\nUpgradeTrustedProxy none\n</Location>",
        'UpgradeTrustedProxy not allowed in <Location> context'],
    ['UpgradeRedirect yes', "UpgradeRedirect yes: must be one of off, temporary, permanent"],
    ['UpgradeRedirect 308', "UpgradeRedirect 308: must be one of"],
    ['UpgradeHTTP2Answer 200', "UpgradeHTTP2Answer 200: must be one of 426, 403, reset"],
    ['UpgradeCountClients 10', 'UpgradeCountClients 10: must be one of on, off'],
    ['UpgradePhrase "Go away"', "UpgradePhrase \"Go away\": must be one of on, off"],
    ['UpgradeAdvertise maybe', "UpgradeAdvertise maybe: must be one of on, off"],
    ['UpgradeGuide example.com/guide', "UpgradeGuide example.com/guide: not a valid guide"],
    ['UpgradeGuide ftp://example.com/', 'not a valid guide'],
    ['UpgradeGuide javascript:alert(1)', 'not a valid guide'],
    ['UpgradeGuide //example.com/x', 'not a valid guide'],
    ['UpgradeGuide https://user:pw@example.com/', 'not a valid guide'],
    ['UpgradeGuide https://example.com/%zz', 'a character that is not allowed in a URL'],
    ['UpgradeGuide "https://example.com/a\\\\b"', 'a character that is not allowed in a URL'],
    ["UpgradeGuide https://example.com/\xc3\xbc", 'a character that is not allowed in a URL'],
    ['UpgradeGuide https://example.com/{x}', 'a character that is not allowed in a URL'],
    ['UpgradeGuide https://', 'not a valid guide'],
    ['UpgradeGuide "https://example.com/a b"', 'a character that is not allowed in a URL'],
    ['UpgradeGuide "https://example.com/>;x"', 'a character that is not allowed in a URL'],
    ["UpgradeGuide \"https://example.com/\x01\"", "https://example.com/?: contains a control character"],
    ["UpgradeMessage \"a\x07b\"", "UpgradeMessage a?b: contains a control character"],
    ['UpgradeMessage ""', 'UpgradeMessage takes one argument'],
    ['UpgradeMessage "%{NOSUCH"', 'not a valid expression'],
    ["UpgradeName \"a\x7f\"", 'contains a control character'],
    ['UpgradeName "two words"', "UpgradeName \"two words\": not a policy name"],
    ['UpgradeName ' . 'x' x 65, 'use one word of 1 to 64 characters'],
    ['UpgradeName <b>', 'only letters, digits and'],
    ["UpgradeFloor \"TLS\x1b[31m\"", 'contains a control character'],
    ['UpgradeName', 'UpgradeName takes one argument'],
);

for my $text (@sound) {
    my ($status, $output) = $server->configure($text)->httpd('-t');
    is $status, 0, "sound: $text" or diag $output;
}

for my $mistake (@mistakes) {
    my ($text, $message) = @$mistake;
    (my $name = $text) =~ s/[^ -~]+/ /g;
    my ($status, $output) = $server->configure("# a line\n$text")->httpd('-t');
    isnt $status, 0, "refused: $name";
    like $output, qr/\Q$message\E/, "explained: $name";
    like $output, qr/Syntax error on line \d+ of/, "placed: $name";
    unlike $output, qr/[\x00-\x08\x0b-\x1f\x7f]/, "no control character is shown: $name";
}

# The help text of each directive, as httpd prints it
{
    my ($status, $output) = $server->configure('')->httpd('-L');
    my %help = $output =~ /^(Upgrade\w+) \(.*\n\t(.+)/gm;
    ok $help{UpgradeFloor}, 'httpd -L lists the directives';
    like $help{$_}, qr/^\w.{20}/, "$_ has a help text" for sort keys %help;
}

# The shipped configuration
my @shipped = glob "$FindBin::Bin/conf.d/*.conf";
is scalar @shipped, 4, 'the shipped files are here';
for my $file (@shipped) {
    local $server->{helper} = 1;
    local $server->{modules} = [qw(authz_core authz_host dir alias ssl socache_shmcb http2 proxy proxy_http)];
    my ($status, $output) = $server->configure("Include $file")->httpd('-t');
    is $status, 0, "$file is sound" or diag $output;
}

done_testing;
