# What readers of all kinds make of a path, and exceptions that are about it after an internal redirect, or
# about the client alone. That none can be spoofed: exceptions_floor.t, exceptions_route.t.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Exceptions;
use Server;

is_deeply [readings('/health')], ['/health'], 'oracle: a plain path is one path';
for my $target ('/health/..;x/admin', '/health/%2e%2e/admin', '/health%252f..%252fadmin',
    '/health\\..\\admin', '/health/.%09./admin') {
    ok scalar(grep { $_ eq '/admin' } readings($target)), "oracle: somebody reads /admin in $target";
}

prepare();

# An internal redirect: what led to the path that is excepted must be plain too.
$server->configure(<<"END")->start;
DocumentRoot $root
<Directory $root>
Require all granted
</Directory>
<Location "/health">
UpgradeRequire TLS
UpgradeExcept "%{REQUEST_URI} == '/health'"
</Location>
<Directory $root/x>
RewriteEngine On
RewriteRule ^ /health
</Directory>
END
my @redirected = (
    ['/x/near',        200],
    ['/x/../x/near',   426],
    ['/x/..;/near',    426],
    ['/x/;/near',      426],
    ['/x/near?/../;',  200],
);
for my $case (@redirected) {
    my ($target, $status) = @$case;
    is $server->ask("GET $target HTTP/1.1")->{status}, $status, "internal redirect: $target";
}
$server->stop;

# An exception that is about the client holds for every path that people have, and for none.
my $port = $server->{port};
$server->configure(<<"END")->start;
ProxyRequests On
$decode
UpgradeFloor TLS
UpgradeFloorExcept "-R '127.0.0.1'"
ProxyPass / http://127.0.0.1:$backend/
<Proxy *>
Require all granted
</Proxy>
END
my @targets = (
    '/', '/100%25.pdf', '/100%2525', '/what%3F', '/a%23b', '/a;x=1/b;y', '/a%2Fb', '/a%5Cb', '/a//b', '/a...',
    '/..a', '/caf%C3%A9', '/a%20b', '/?/../;x',
    "http://localhost:$port", "http://localhost:$port/a", "http://127.0.0.1:$backend/a%2Fb",
);
my @others = (
    '/a/../b', '/%2e', '/;', '/a/%2e%2e/', '/%252e/', '/a;x%2Fb', '/%252525252e',
    "http://127.0.0.1:$backend/a/../b",
);
my @lines = (
    (map { ["GET $_", 200] } @targets),
    (map { ["GET $_", 426] } @others),
    ['OPTIONS *',           200],
    ['CONNECT 127.0.0.1:1', 403],
);
for my $case (@lines) {
    my ($line, $status) = @$case;
    is $server->ask("$line HTTP/1.1")->{status}, $status, "an address is excepted: $line";
}
$server->stop;

done_testing;
