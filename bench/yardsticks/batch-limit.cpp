// What the machine can do: price and greeks of many options in C++, structure of arrays, one thread, eight lanes of AVX-512.
//   chain5 : Black-76, one expiry: forward, discount, sqrt(T) shared; 3 arrays read, 6 written (price, delta, gamma, vega, theta, rho)
//   general: Black-Scholes-Merton, everything per option: 7 arrays read, 6 written
//   all    : as general plus vanna, volga, charm, speed, zomma, color, veta, dual delta
// Prints lines "name <tab> options <tab> nanoseconds an option", the best of many runs. `pnpm bench pricing` compiles and runs it.
#include <cstdio>
#include <cstdint>
#include <cmath>
#include <chrono>
#include <vector>
#include <random>
#include <algorithm>
#include <immintrin.h>
using clk=std::chrono::steady_clock;
typedef double  V __attribute__((vector_size(64), aligned(8), may_alias));
typedef int64_t I __attribute__((vector_size(64), aligned(8), may_alias));
#define INL static inline __attribute__((always_inline))
static constexpr double IS2PI=0.39894228040143267794;
INL V vsqrt(V x){ return (V)_mm512_sqrt_pd((__m512d)x); }
INL V vabs(V x){ return (V)((I)x & 0x7fffffffffffffffLL); }
INL V vexp(V x){
  x = x < -700.0 ? (V){}-700.0 : x; x = x > 700.0 ? (V){}+700.0 : x;
  const double L2E=1.4426950408889634074, C1=6.93147180369123816490e-01, C2=1.90821492927058770002e-10;
  V n=(V)_mm512_roundscale_pd((__m512d)(x*L2E),0);
  V r=(x-n*C1)-n*C2;
  V p = r*(1.0/6227020800.0)+1.0/479001600.0; p=p*r+1.0/39916800.0; p=p*r+1.0/3628800.0; p=p*r+1.0/362880.0; p=p*r+1.0/40320.0;
  p=p*r+1.0/5040.0; p=p*r+1.0/720.0; p=p*r+1.0/120.0; p=p*r+1.0/24.0; p=p*r+1.0/6.0; p=p*r+0.5; p=p*r+1.0; p=p*r+1.0;
  return (V)_mm512_scalef_pd((__m512d)p,(__m512d)n);
}
INL V vlog(V x){
  I b=(I)x, k=(b-0x3fe6a09e667f3bcdLL)>>52; V m=(V)(b-(k<<52));
  V f=m-1.0, s=f/(2.0+f), z=s*s;
  V R=z*(1.0/23)+1.0/21; R=R*z+1.0/19; R=R*z+1.0/17; R=R*z+1.0/15; R=R*z+1.0/13; R=R*z+1.0/11; R=R*z+1.0/9; R=R*z+1.0/7; R=R*z+0.2; R=R*z+1.0/3;
  return __builtin_convertvector(k,V)*0.69314718055994530942+(2*s+2*s*z*R);
}
// Mills ratio m(x)=Q(x)/phi(x), x>=0: polynomial in y in [-1,1], t=1/(1+x/c). Coefficients are fitted at start-up (own fit).
static constexpr int NC=30; static double MC[NC]; static const double CC=2.6;
static void fit_mills(){
  const int M=600; std::vector<long double> f(M);
  for(int j=0;j<M;++j){ long double th=M_PIl*(j+0.5L)/M, t=0.5L*(cosl(th)+1), x=CC*(1/t-1), v;
    if(x<8) v=0.5L*erfcl(x/sqrtl(2.0L))*expl(x*x/2)*sqrtl(2*M_PIl); else { long double d=x; for(int k=80;k>=1;--k) d=x+k/d; v=1/d; }
    f[j]=v*(1+x/CC); }
  for(int k=0;k<NC;++k){ long double s=0; for(int j=0;j<M;++j) s+=f[j]*cosl(k*M_PIl*(j+0.5L)/M); MC[k]=(double)(2*s/M); }
}
INL V mills(V x){
  V t=1.0/(1.0+x*(1.0/CC)), y2=4.0*t-2.0, b0={},b1={},b2;
  #pragma GCC unroll 32
  for(int k=NC-1;k>=1;--k){ b2=b1; b1=b0; b0=y2*b1-b2+MC[k]; }
  return (0.5*y2*b0-b1+0.5*MC[0])*t;
}
#define LD(p) (*(const V*)((p)+i))
#define ST(p,x) (*(V*)((p)+i)=(x))
typedef const double* __restrict__ cp; typedef double* __restrict__ mp;
static void general(size_t n,cp S_,cp K_,cp T_,cp v_,cp r_,cp q_,cp w_,mp P,mp D,mp G,mp Ve,mp Th,mp Rh){
  for(size_t i=0;i<n;i+=8){ V S=LD(S_),K=LD(K_),T=LD(T_),v=LD(v_),r=LD(r_),q=LD(q_),w=LD(w_);
    V sT=vsqrt(T),sd=v*sT,isd=1.0/sd,d1=(vlog(S/K)+(r-q)*T)*isd+0.5*sd,d2=d1-sd,dq=vexp(-q*T),dr=vexp(-r*T),A=S*dq,B=K*dr;
    V p1=vexp(-0.5*d1*d1)*IS2PI,p2=p1*A/B,u1=p1*mills(vabs(d1)),u2=p2*mills(vabs(d2));
    V N1=w*d1>0?1.0-u1:u1,N2=w*d2>0?1.0-u2:u2,ve=A*p1*sT;
    ST(P,w*(A*N1-B*N2)); ST(D,w*dq*N1); ST(G,dq*p1*isd/S); ST(Ve,ve); ST(Th,-0.5*ve*v/T+w*(q*A*N1-r*B*N2)); ST(Rh,w*B*T*N2); }
}
static void chain5(size_t n,double F,double T,double r,cp K_,cp v_,cp w_,mp P,mp D,mp G,mp Ve,mp Th,mp Rh){
  double sT=std::sqrt(T),df=std::exp(-r*T),iF=1/F,hT=0.5/T;
  for(size_t i=0;i<n;i+=8){ V K=LD(K_),v=LD(v_),w=LD(w_);
    V sd=v*sT,isd=1.0/sd,FK=F/K,d1=vlog(FK)*isd+0.5*sd,d2=d1-sd,p1=vexp(-0.5*d1*d1)*IS2PI,p2=p1*FK,u1=p1*mills(vabs(d1)),u2=p2*mills(vabs(d2));
    V N1=w*d1>0?1.0-u1:u1,N2=w*d2>0?1.0-u2:u2,ve=df*F*p1*sT,p=w*df*(F*N1-K*N2);
    ST(P,p); ST(D,w*df*N1); ST(G,df*p1*isd*iF); ST(Ve,ve); ST(Th,r*p-ve*v*hT); ST(Rh,-T*p); }
}
static void all(size_t n,cp S_,cp K_,cp T_,cp v_,cp r_,cp q_,cp w_,mp P,mp D,mp G,mp Ve,mp Th,mp Rh,mp Va,mp Vo,mp Ch,mp Sp,mp Zo,mp Co,mp Vt,mp DD){
  for(size_t i=0;i<n;i+=8){ V S=LD(S_),K=LD(K_),T=LD(T_),v=LD(v_),r=LD(r_),q=LD(q_),w=LD(w_);
    V sT=vsqrt(T),sd=v*sT,isd=1.0/sd,it=1.0/T,iS=1.0/S,iv=1.0/v,b=r-q,d1=(vlog(S/K)+b*T)*isd+0.5*sd,d2=d1-sd,dq=vexp(-q*T),dr=vexp(-r*T),A=S*dq,B=K*dr;
    V p1=vexp(-0.5*d1*d1)*IS2PI,p2=p1*A/B,u1=p1*mills(vabs(d1)),u2=p2*mills(vabs(d2));
    V N1=w*d1>0?1.0-u1:u1,N2=w*d2>0?1.0-u2:u2,ve=A*p1*sT,g=dq*p1*isd*iS,h=b*isd-0.5*d2*it,dd=d1*d2;
    ST(P,w*(A*N1-B*N2)); ST(D,w*dq*N1); ST(G,g); ST(Ve,ve); ST(Th,-0.5*ve*v*it+w*(q*A*N1-r*B*N2)); ST(Rh,w*B*T*N2);
    ST(Va,-dq*p1*d2*iv); ST(Vo,ve*dd*iv); ST(Ch,w*q*dq*N1-dq*p1*h); ST(Sp,-g*iS*(1.0+d1*isd)); ST(Zo,g*(dd-1.0)*iv);
    ST(Co,g*(q+b*d1*isd+0.5*(1.0-dd)*it)); ST(Vt,ve*(q+b*d1*isd-0.5*(1.0+dd)*it)); ST(DD,-w*dr*N2); }
}
int main(){
  fit_mills();
  for(size_t n: {size_t(1024),size_t(16384),size_t(1000000)}){ n&=~size_t(7);
    std::vector<double> in[7],o[14]; for(auto&x:in) x.resize(n); for(auto&x:o) x.resize(n);
    std::mt19937_64 g(7); std::uniform_real_distribution<double> U(0,1);
    for(size_t i=0;i<n;++i){ in[0][i]=60000*(0.9+0.2*U(g)); in[1][i]=60000*std::exp(-0.7+1.4*U(g)); in[2][i]=std::exp(std::log(1./8760)+std::log(8760.)*U(g)); in[3][i]=.25+1.25*U(g); in[4][i]=.05*U(g); in[5][i]=.03*U(g); in[6][i]=U(g)<.5?-1:1; }
    cp S=in[0].data(),K=in[1].data(),T=in[2].data(),v=in[3].data(),r=in[4].data(),q=in[5].data(),w=in[6].data(); auto O=[&](int k){return o[k].data();};
    auto timeit=[&](const char*nm,auto f){ double best=1e300; size_t reps=std::max<size_t>(9,10000000/n); for(size_t k=0;k<reps;++k){ auto t0=clk::now(); f(); best=std::min(best,std::chrono::duration<double,std::nano>(clk::now()-t0).count()/n);} std::printf("%s\t%zu\t%.3f\n",nm,n,best); };
    timeit("chain5",[&]{chain5(n,60000,0.08,0.03,K,v,w,O(0),O(1),O(2),O(3),O(4),O(5));});
    timeit("general",[&]{general(n,S,K,T,v,r,q,w,O(0),O(1),O(2),O(3),O(4),O(5));});
    timeit("all",[&]{all(n,S,K,T,v,r,q,w,O(0),O(1),O(2),O(3),O(4),O(5),O(6),O(7),O(8),O(9),O(10),O(11),O(12),O(13));});
  }
}
