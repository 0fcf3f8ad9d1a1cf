# A gRPC client that is refused learns why: it reads grpc-status and grpc-message, and shows nothing else.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Lacks;
use Server;
use Wire;

my $server = Server->new(modules => [qw(authz_core alias dir http2)])->configure(<<'END')->start;
Protocols h2c http/1.1
<Location /shop.Orders/>
    UpgradeRequire TLS/1.2
</Location>
<Location /shop.Prices/>
    UpgradeRequire TLS
    UpgradeHTTP2Answer 403
</Location>
<Location /shop.Documents/>
    UpgradeRequire TLS/1.2
    ErrorDocument 426 "<p>Please upgrade.</p>"
</Location>
<Location /shop.Free/>
    UpgradeRequire none
</Location>
END

# [method, what the client shows]
my @calls = (
    ['/shop.Orders/List', 'FAILED_PRECONDITION TLS 1.2 or newer required'],
    ['/shop.Prices/List', 'FAILED_PRECONDITION TLS required'],
    ['/shop.Documents/List', 'FAILED_PRECONDITION TLS 1.2 or newer required'],
    ['/shop.Free/List', qr/^UNIMPLEMENTED .*404/],
);

for my $call (@calls) {
    my ($method, $shown) = @$call;
    open my $pipe, '-|', '/usr/bin/python3', "$FindBin::Bin/clients/grpc_call.py",
      "127.0.0.1:$server->{port}", $method or die $!;
    chomp(my $line = <$pipe> // 'nothing');
    if (ref $shown) {
        like $line, $shown, "$method: $line";
        next;
    }
  SKIP: {
        # Where the head does not end the response, this client does not look at the grpc-status in it.
        skip_without('h2-head-only', 1);
        is $line, $shown, "$method: $shown";
    }
}

# [Content-Type, whether it is gRPC]
my @types = (
    ['application/grpc', 1], ['application/grpc+proto', 1], ['Application/gRPC;x=y', 1],
    ['application/grpc-web', 0], ['application/grpcx', 0], ['application/json', 0], ['', 0],
);

for my $case (@types) {
    my ($type, $grpc) = @$case;
    my $answer = $server->ask('POST /shop.Orders/List HTTP/1.1', 'Content-Length: 0', "Content-Type: $type");
    is $answer->{status}, 426, "$type: refused";
    is field($answer, 'grpc-status'), $grpc ? '9' : undef, "$type: grpc-status";
    is field($answer, 'grpc-message'), $grpc ? 'TLS 1.2 or newer required' : undef, "$type: grpc-message";
    my $own = $grpc ? 'application/grpc' : 'application/problem+json';
    is field($answer, 'Content-Type'), $own, "$type: gets $own";
    is $answer->{body} eq '', !!$grpc, "$type: no body for gRPC";
}

$server->stop;
done_testing;
