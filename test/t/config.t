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
    'UpgradeRequire HTTP/1.1',
    'UpgradeFloorExcept "%{REQUEST_URI} == \'/x\'"',
    "<Location /x>\nUpgradeRequire TLS\nUpgradeExcept \"-R '192.0.2.0/24'\"\nUpgradeExcept true\n</Location>",
    "<If \"true\">\nUpgradeRequire none\n</If>",
    "<Location /x>\nUpgradeWebSocketOrigin any\nUpgradeWebSocketProtocol any\n</Location>",
    "<Location /x>\nUpgradeWebSocketOrigin same https://a.example http://b.example:8080 null\nUpgradeWebSocketProtocol chat.v2 mqtt\n</Location>",
    "<Files x>\nUpgradeMode off\n</Files>",
    "<Directory />\nUpgradeMode enforce\nUpgradeName a.b-c_d/e:f\n</Directory>",
    'UpgradeGuide https://example.com/guide?a=b',
    'UpgradeGuide http://[::1]/',
    'UpgradeGuide /guide.html',
    'UpgradeMessage "Say %{REQUEST_METHOD} again"',
    'UpgradeRedirect permanent',
    'UpgradeAdvertise off',
    'UpgradeHTTP2Answer RESET',
    "<VirtualHost *:1>\nUpgradeFloor none\n</VirtualHost>",
);

# [configuration, what the message must say]
my @mistakes = (
    ['UpgradeWebSocketOrigin same', 'stands in <Location>, <Directory>'],
    ['UpgradeWebSocketProtocol chat', 'stands in <Location>, <Directory>'],
    map({ ["<Location /x>\n$_->[0]\n</Location>", $_->[1]] }
        ['UpgradeWebSocketOrigin', 'needs at least one word'],
        ['UpgradeWebSocketOrigin any same', "'any' stands alone"],
        ['UpgradeWebSocketOrigin example.com', "UpgradeWebSocketOrigin: 'example.com' is no origin; write any, same, null"],
        ['UpgradeWebSocketOrigin https://example.com/', 'is no origin'],
        ["UpgradeWebSocketOrigin \"https://\x01\"", 'contains a control character'],
        ['UpgradeWebSocketProtocol "two words"', "'two words' is no name of a subprotocol"],
        ['UpgradeWebSocketProtocol a,b', "'a,b' is no name of a subprotocol"],
        ['UpgradeWebSocketProtocol any chat', "'any' stands alone"]),
    ['UpgradeFloor', 'UpgradeFloor: needs none, or at most one of each'],
    ['UpgradeFloor TLS TLS/1.2', "UpgradeFloor: 'TLS/1.2' is the second word of its family"],
    ['UpgradeRequire HTTP/1.1 HTTP/2', "UpgradeRequire: 'HTTP/2' is the second word of its family"],
    ['UpgradeFloor HTTP/3', "UpgradeFloor: 'HTTP/3' is refused, because this httpd cannot see HTTP/3; write HTTP/2"],
    ['UpgradeFloor TLSv1.2', "'TLSv1.2' is not a requirement; write TLS/1.2"],
    ['UpgradeFloor none TLS', "'none' stands alone"],
    ['UpgradeFloor gopher', "'gopher' is not a requirement; write none, or at most one of each"],
    ["UpgradeFloor TLS\nUpgradeFloor HTTP/2", 'stands twice in one scope'],
    ["<Location /x>\nUpgradeFloor TLS\n</Location>", 'UpgradeFloor not allowed in <Location> context'],
    ["<Location /x>\nUpgradeFloorExcept true\n</Location>", 'UpgradeFloorExcept not allowed in <Location> context'],
    ["<Location /x>\nUpgradeRequire WebSocket\nUpgradeRequire TLS\n</Location>", 'stands twice in one scope'],
    map({ ["<Location /x>\n<Limit POST>\n$_\n</Limit>\n</Location>", 'cannot occur within <Limit>'] }
        'UpgradeRequire TLS', 'UpgradeExcept true', 'UpgradeMode off', 'UpgradeGuide /x', 'UpgradeMessage x',
        'UpgradeName x', 'UpgradeRedirect off', 'UpgradeAdvertise off', 'UpgradeHTTP2Answer 426'),
    ['UpgradeFloorExcept "%{REQUEST_URI} =="', "UpgradeFloorExcept: '%{REQUEST_URI} ==' does not parse as an expression"],
    ['UpgradeExcept "no such"', "UpgradeExcept: 'no such' does not parse"],
    ['UpgradeMode on', "UpgradeMode: 'on' is none of: enforce, off"],
    ['UpgradeRedirect yes', "UpgradeRedirect: 'yes' is none of: off, temporary, permanent"],
    ['UpgradeRedirect 308', "UpgradeRedirect: '308' is none of"],
    ['UpgradeHTTP2Answer 200', "UpgradeHTTP2Answer: '200' is none of: 426, 403, reset"],
    ['UpgradeAdvertise maybe', 'UpgradeAdvertise must be On or Off'],
    ['UpgradeGuide example.com/guide', "UpgradeGuide: 'example.com/guide' is no address of a guide"],
    ['UpgradeGuide ftp://example.com/', 'is no address of a guide'],
    ['UpgradeGuide javascript:alert(1)', 'is no address of a guide'],
    ['UpgradeGuide //example.com/x', 'is no address of a guide'],
    ['UpgradeGuide https://user:pw@example.com/', 'is no address of a guide'],
    ['UpgradeGuide https://example.com/%zz', 'a character that a URL cannot have'],
    ['UpgradeGuide "https://example.com/a\\\\b"', 'a character that a URL cannot have'],
    ["UpgradeGuide https://example.com/\xc3\xbc", 'a character that a URL cannot have'],
    ['UpgradeGuide https://example.com/{x}', 'a character that a URL cannot have'],
    ['UpgradeGuide https://', 'is no address of a guide'],
    ['UpgradeGuide "https://example.com/a b"', 'a character that a URL cannot have'],
    ['UpgradeGuide "https://example.com/>;x"', 'a character that a URL cannot have'],
    ["UpgradeGuide \"https://example.com/\x01\"", "'https://example.com/?' contains a control character"],
    ["UpgradeMessage \"a\x07b\"", "UpgradeMessage: 'a?b' contains a control character"],
    ['UpgradeMessage ""', 'UpgradeMessage takes one argument'],
    ['UpgradeMessage "%{NOSUCH"', 'does not parse as an expression'],
    ["UpgradeName \"a\x7f\"", 'contains a control character'],
    ['UpgradeName "two words"', "UpgradeName: 'two words' is no policy name"],
    ['UpgradeName ' . 'x' x 65, 'write one word of 1 to 64 characters'],
    ['UpgradeName <b>', 'letters, digits and'],
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
    my %listed = map { $_ => 1 } $output =~ /^(Upgrade\w+) \(/gm;
    is scalar keys %listed, 13, 'httpd -L lists every directive';
}

# The shipped configuration
my @shipped = glob "$FindBin::Bin/conf.d/*.conf";
is scalar @shipped, 3, 'the shipped files are here';
for my $file (@shipped) {
    local $server->{helper} = 1;
    local $server->{modules} = [qw(authz_core dir alias ssl socache_shmcb http2 proxy proxy_http)];
    my ($status, $output) = $server->configure("Include $file")->httpd('-t');
    is $status, 0, "$file is sound" or diag $output;
}

done_testing;
